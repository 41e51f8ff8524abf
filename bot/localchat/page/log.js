// The conversation: messages in order, days between them, the way back to the newest.
import { $, el } from './dom.js';
import { bubble } from './message.js';
import { choices, entries, isMine, place, state } from './state.js';
import { locale, word } from './words.js';

const NEAR_BOTTOM = 90;
const JOIN_SECONDS = 300;

const log = $('log');
const shown = new Map();
let sticks = true;
let unseen = 0;
let does = {};

const isNearBottom = () => log.scrollHeight - log.scrollTop - log.clientHeight < NEAR_BOTTOM;

export function wireLog(handlers) {
  does = handlers;
  log.addEventListener('scroll', () => {
    sticks = isNearBottom();
    if (sticks) unseen = 0;
    paintDown();
  }, { passive: true });
  new ResizeObserver(stick).observe(log);
  $('down').addEventListener('click', () => {
    toBottom('smooth');
    does.focus();
  });
}

export function toBottom(behavior = 'instant') {
  sticks = true;
  unseen = 0;
  log.scrollTo({ top: log.scrollHeight, behavior });
  paintDown();
}

const stick = () => sticks && log.scrollTo({ top: log.scrollHeight, behavior: 'instant' });

function paintDown() {
  $('down').hidden = sticks;
  $('unseen').hidden = unseen === 0;
  $('unseen').textContent = String(unseen);
  $('down').setAttribute('aria-label', unseen ? `${word('down')}, ${word('unread', unseen)}` : word('down'));
}

// Makes the screen equal to what is known, touching only what differs.
export function showChat({ isOther = false } = {}) {
  log.setAttribute('aria-busy', 'true');
  if (isOther) clear();
  const wanted = entries();
  const ids = new Set(wanted.map(({ message }) => message.message_id));
  for (const id of [...shown.keys()]) if (!ids.has(id)) take(id);
  for (const entry of wanted) set(entry);
  decorate();
  log.setAttribute('aria-busy', 'false');
  if (isOther || sticks) toBottom();
}

function clear() {
  shown.clear();
  log.replaceChildren();
}

export function arrived(entry) {
  set(entry);
  decorate();
  if (sticks || isMine(entry.message)) toBottom();
  else unseen += 1;
  paintDown();
}

export function changed(entry) {
  set(entry);
  decorate();
  stick();
}

export function removed(id) {
  take(id);
  decorate();
}

export function flash(id) {
  const element = shown.get(id)?.element;
  if (!element) return false;
  element.scrollIntoView({ block: 'center', behavior: 'smooth' });
  element.focus({ preventScroll: true });
  element.classList.add('flash');
  element.addEventListener('animationend', () => element.classList.remove('flash'), { once: true });
  return true;
}

function take(id) {
  shown.get(id)?.element.remove();
  shown.delete(id);
}

function set(entry) {
  const id = entry.message.message_id;
  const mark = JSON.stringify([entry, choices.language, choices.actor, state.bot.names]);
  const old = shown.get(id);
  if (old?.mark === mark) return;
  const element = bubble(entry, does);
  shown.set(id, { element, mark });
  if (old) replace(old.element, element);
  else log.append(element);
  foldQuotes(element);
}

// A picture is swapped only when its bytes are here, and a focused button stays focused.
function replace(old, element) {
  const focus = focusPath(old);
  keepPicture(old, element);
  element.classList.add('still');
  old.replaceWith(element);
  if (focus) refocus(element, focus);
}

function keepPicture(old, element) {
  const before = old.querySelector('.picture img');
  const after = element.querySelector('.picture img');
  if (!before || !after) return;
  if (before.src === after.src) {
    before.alt = after.alt;
    after.replaceWith(before);
    return;
  }
  const { src } = after;
  after.src = before.src;
  const next = new Image();
  next.src = src;
  next.decode().catch(() => null).then(() => {
    after.src = src;
  });
}

function focusPath(element) {
  const focused = document.activeElement;
  if (!element.contains(focused)) return null;
  const kinds = ['.inline', '.picture', '.more', 'button, a, [tabindex]'];
  const kind = kinds.find((each) => focused.matches(each)) ?? kinds[0];
  return { kind, index: [...element.querySelectorAll(kind)].indexOf(focused) };
}

function refocus(element, { kind, index }) {
  const candidates = element.querySelectorAll(kind);
  const target = candidates[Math.min(index, candidates.length - 1)] ?? element.querySelector('.inline') ?? element;
  target.focus({ preventScroll: true });
}

function foldQuotes(element) {
  for (const quote of element.querySelectorAll('.expandable')) {
    const body = quote.querySelector('.quote-body');
    quote.classList.toggle('short', body.scrollHeight <= body.clientHeight + 2);
  }
}

const dayOf = (seconds) => new Date(seconds * 1000).toDateString();

function dayName(seconds) {
  const date = new Date(seconds * 1000);
  if (date.toDateString() === new Date().toDateString()) return word('today');
  if (date.toDateString() === new Date(Date.now() - 864e5).toDateString()) return word('yesterday');
  return new Intl.DateTimeFormat(locale(), { day: 'numeric', month: 'long' }).format(date);
}

function decorate() {
  for (const separator of log.querySelectorAll('.day, .empty')) separator.remove();
  let previous = null;
  for (const { message } of entries()) {
    const element = shown.get(message.message_id)?.element;
    if (!element) continue;
    const isNewDay = !previous || dayOf(previous.date) !== dayOf(message.date);
    if (isNewDay) element.before(el('p', { class: 'day' }, el('span', {}, dayName(message.date))));
    const joins = !isNewDay && previous.from.id === message.from.id && message.date - previous.date < JOIN_SECONDS;
    element.classList.toggle('joined', joins);
    previous = message;
  }
  if (!previous && place()) log.append(welcome());
}

function welcome() {
  const description = state.bot.descriptions[choices.language];
  return el('div', { class: 'empty' },
    el('h2', {}, description ? word('what') : word('empty')),
    description ? el('p', {}, description) : null,
    el('button', { type: 'button', class: 'wide-button', onclick: () => does.say('/start') }, word('start')));
}
