// Where one writes: field, commands, reply keyboard, what one replies to or edits.
import { act } from './api.js';
import { $, el, icon, refill } from './dom.js';
import { plainOf, summary } from './message.js';
import { toast, walk } from './overlays.js';
import { actor, choices, choose, entries, entry, isGroup, isMine, nameOf, place } from './state.js';
import { word } from './words.js';

const field = $('text');

// On a phone the focus would raise the keyboard over what one wants to read.
const isTouch = matchMedia('(pointer: coarse)');
export const focusField = () => isTouch.matches || field.focus({ preventScroll: true });

const drafts = new Map();
let about = null;

export async function say(text, { reply } = {}) {
  const { error } = await act('say', { user: actor().id, chat: choices.chat, text, reply_to: reply });
  if (error !== undefined) toast(error ?? word('notSent'));
  return error === undefined;
}

export function wireComposer() {
  $('composer').addEventListener('submit', (event) => {
    event.preventDefault();
    submit();
  });
  field.addEventListener('keydown', keydown);
  field.addEventListener('input', () => {
    grow();
    filterCommands();
  });
  $('menu').addEventListener('click', () => toggleCommands($('commands').hidden));
  $('commands').addEventListener('keydown', (event) => walk($('commands'), event));
  $('keys').addEventListener('click', () => {
    choose({ hidesKeyboard: !choices.hidesKeyboard });
    paintKeyboard();
  });
}

async function submit() {
  const text = field.value.trim();
  if (!text) return;
  const doing = about;
  fill('');
  stopAbout();
  toggleCommands(false);
  const isDone = doing?.kind === 'edit' ? await edit(doing.id, text) : await say(text, { reply: doing?.id });
  if (!isDone && !field.value) fill(text);
  field.focus();
}

async function edit(id, text) {
  const { error } = await act('edit', { user: actor().id, chat: choices.chat, message: id, text });
  if (error !== undefined) toast(error ?? word('notSent'));
  return error === undefined;
}

function keydown(event) {
  if (event.isComposing || event.keyCode === 229) return;
  if (event.key === 'Enter' && !event.shiftKey) {
    event.preventDefault();
    $('composer').requestSubmit();
  } else if (event.key === 'ArrowUp' && !field.value) {
    const last = entries().findLast(({ message }) => isMine(message) && message.text);
    if (last) editMessage(last);
    event.preventDefault();
  } else if (event.key === 'ArrowDown' && !$('commands').hidden) {
    event.preventDefault();
    $('commands').querySelector('button')?.focus();
  }
}

export function fill(text) {
  field.value = text;
  grow();
}

function grow() {
  field.style.height = 'auto';
  field.style.height = `${Math.min(field.scrollHeight, 140)}px`;
  $('send').classList.toggle('ready', Boolean(field.value.trim()));
}

export function replyTo({ message }) {
  startAbout({ kind: 'reply', id: message.message_id }, 'reply', word('replyTo', nameOf(message.from)), summary(message));
}

export function editMessage({ message }) {
  startAbout({ kind: 'edit', id: message.message_id }, 'edit', word('editing'), summary(message));
  fill(plainOf(message));
}

function startAbout(what, mark, title, text) {
  about = what;
  const close = el('button', { type: 'button', class: 'icon-button', 'aria-label': word('cancel'), onclick: stopAbout }, icon('close'));
  $('context').replaceChildren(icon(mark), el('div', {}, el('strong', {}, title), el('span', {}, text)), close);
  $('context').hidden = false;
  field.focus();
}

export function stopAbout() {
  if (!about) return false;
  if (about.kind === 'edit') fill('');
  about = null;
  $('context').hidden = true;
  focusField();
  return true;
}

export function toggleCommands(isOpen) {
  const wasOpen = !$('commands').hidden;
  $('commands').hidden = !isOpen;
  $('menu').setAttribute('aria-expanded', String(isOpen));
  if (isOpen) paintCommands('');
  if (isOpen) $('commands').querySelector('button')?.focus();
  return wasOpen;
}

export function closeCommands() {
  if (!toggleCommands(false)) return false;
  $('menu').focus();
  return true;
}

function filterCommands() {
  const typed = /^\/(\w*)$/.exec(field.value);
  $('commands').hidden = !typed || paintCommands(typed[1]) === 0;
  $('menu').setAttribute('aria-expanded', String(!$('commands').hidden));
}

function paintCommands(prefix) {
  const commands = (place().commands[actor().id] ?? []).filter(({ command }) => command.startsWith(prefix));
  const items = commands.map(({ command, description }) => el('button', {
    type: 'button',
    role: 'menuitem',
    onclick: () => {
      toggleCommands(false);
      fill('');
      field.focus();
      say(`/${command}`);
    },
  }, el('strong', {}, `/${command}`), el('span', {}, description)));
  const none = el('button', { type: 'button', role: 'menuitem', disabled: true }, word('noCommands'));
  $('commands').replaceChildren(...(items.length || prefix ? items : [none]));
  return items.length;
}

export function paintKeyboard() {
  const keyboard = place()?.keyboard;
  const rows = keyboard?.keyboard ?? [];
  $('keys').hidden = rows.length === 0;
  $('keys').setAttribute('aria-expanded', String(!choices.hidesKeyboard));
  $('keyboard').hidden = rows.length === 0 || choices.hidesKeyboard;
  refill($('keyboard'), ...rows.map((row) => el('div', { class: 'row' }, ...row.map(key))));
  field.placeholder = keyboard?.input_field_placeholder || word('message');
  if (keyboard?.force_reply) replyToForced();
}

function key(button) {
  const text = button.text ?? button;
  return el('button', { type: 'button', class: button.style ?? '', onclick: () => say(text) }, text);
}

function replyToForced() {
  const asking = entries().findLast((each) => each.keyboard?.force_reply);
  if (asking && !about) replyTo(asking);
}

// Each chat keeps its own half-written message.
export function changeChat(from) {
  drafts.set(from, field.value);
  stopAbout();
  fill(drafts.get(choices.chat) ?? '');
  toggleCommands(false);
}

export function paintComposer() {
  const { chat, is_shut: isShut } = place();
  $('composer').hidden = isShut;
  $('closed').hidden = !isShut;
  $('closed-why').textContent = word(isGroup(chat) ? 'isRemoved' : 'isBlocked');
  $('reopen').textContent = word(isGroup(chat) ? 'addBot' : 'unblock');
  if (about?.kind && !entry(about.id)) stopAbout();
  paintKeyboard();
}

