// Text and entities become nodes. Offsets count UTF-16 units, as JavaScript does.
import { el, icon, inlineButton } from './dom.js';
import { locale, word } from './words.js';

// These stand on lines of their own, so the line break behind them is not shown again.
const OWN_LINES = new Set(['pre', 'blockquote', 'expandable_blockquote']);
const SAFE_LINK = /^(https?|mailto|tel):/i;

export function rich(text, entities, does) {
  const sorted = [...(entities ?? [])].sort((a, b) => a.offset - b.offset || b.length - a.length);
  return between(text, 0, text.length, sorted, does);
}

function between(text, begin, end, entities, does) {
  const nodes = [];
  let at = begin;
  for (let index = 0; index < entities.length; index += 1) {
    const entity = entities[index];
    const from = Math.max(entity.offset, at);
    const to = Math.min(entity.offset + entity.length, end);
    if (from >= to) continue;
    if (from > at) nodes.push(text.slice(at, from));
    const inner = entities.slice(index + 1).filter((each) => each.offset < to);
    nodes.push(node(entity, text.slice(from, to), between(text, from, to, inner, does), does));
    at = OWN_LINES.has(entity.type) && text[to] === '\n' ? to + 1 : to;
  }
  if (at < end) nodes.push(text.slice(at, end));
  return nodes;
}

function node(entity, plain, children, does) {
  switch (entity.type) {
    case 'bold': return el('strong', {}, ...children);
    case 'italic': return el('em', {}, ...children);
    case 'underline': return el('u', {}, ...children);
    case 'strikethrough': return el('s', {}, ...children);
    case 'code': return inlineButton('code', { 'aria-label': word('copyThis', plain) }, () => does.copy(plain), plain);
    case 'pre': return block(entity, plain, does);
    case 'blockquote': return el('blockquote', {}, ...children);
    case 'expandable_blockquote': return expandable(children);
    case 'spoiler': return spoiler(children);
    case 'text_link': return link(entity.url, children);
    case 'url': return link(plain, children);
    case 'bot_command': return inlineButton('span', { class: 'link' }, () => does.say(plain), plain);
    case 'date_time': return time(entity, plain);
    case 'mention':
    case 'text_mention':
    case 'hashtag':
    case 'cashtag': return el('span', { class: 'tag' }, ...children);
    default: return el('span', {}, ...children);
  }
}

function link(address, children) {
  if (!SAFE_LINK.test(address)) return el('span', { class: 'tag' }, ...children);
  return el('a', { href: address, target: '_blank', rel: 'noopener noreferrer', title: address }, ...children);
}

function block(entity, plain, does) {
  const copy = el('button', { type: 'button', class: 'copy', 'aria-label': word('copy'), title: word('copy'), onclick: () => does.copy(plain) }, icon('copy'));
  const language = entity.language ?? '';
  return el('span', { class: 'block' },
    el('span', { class: 'block-bar' }, language, copy),
    el('pre', { tabindex: '0', onclick: () => window.getSelection()?.isCollapsed && does.copy(plain) }, plain));
}

function spoiler(children) {
  const inner = el('span', { 'aria-hidden': 'true' }, ...children);
  const cover = inlineButton('span', { class: 'spoiler', 'aria-label': word('hiddenText') }, () => {
    cover.replaceWith(el('span', { class: 'spoiler-shown' }, ...inner.childNodes));
  }, inner);
  return cover;
}

function expandable(children) {
  const body = el('span', { class: 'quote-body' }, ...children);
  const toggle = el('button', { type: 'button', class: 'quote-more', 'aria-expanded': 'false' }, word('expand'), icon('down'));
  const quote = el('blockquote', { class: 'expandable' }, body, toggle);
  toggle.addEventListener('click', () => {
    const isOpen = quote.classList.toggle('open');
    toggle.setAttribute('aria-expanded', String(isOpen));
    toggle.firstChild.textContent = word(isOpen ? 'collapse' : 'expand');
  });
  return quote;
}

const LETTERS = {
  w: { weekday: 'long' },
  d: { dateStyle: 'short' },
  D: { dateStyle: 'long' },
  t: { timeStyle: 'short' },
  T: { timeStyle: 'medium' },
};

// Source: Bot API, MessageEntity date_time: shown in the reader's own zone.
function time(entity, plain) {
  const date = new Date(entity.unix_time * 1000);
  const shape = entity.date_time_format ?? '';
  const said = shape === 'r' ? relative(date) : written(date, shape) || plain;
  return el('time', { datetime: date.toISOString(), title: date.toLocaleString(locale()) }, said);
}

function written(date, shape) {
  return [...shape]
    .filter((letter) => letter in LETTERS)
    .map((letter) => new Intl.DateTimeFormat(locale(), LETTERS[letter]).format(date))
    .join(' ');
}

function relative(date) {
  const seconds = (date - Date.now()) / 1000;
  const [unit, size] = [['day', 86400], ['hour', 3600], ['minute', 60], ['second', 1]]
    .find(([, length]) => Math.abs(seconds) >= length) ?? ['second', 1];
  return new Intl.RelativeTimeFormat(locale(), { numeric: 'auto' }).format(Math.round(seconds / size), unit);
}
