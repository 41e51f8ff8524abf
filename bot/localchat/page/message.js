// One message as a bubble with its buttons.
import { inlineKeyboard } from './buttons.js';
import { el, hue, icon } from './dom.js';
import { copy, showPicture } from './overlays.js';
import { rich } from './rich.js';
import { isGroup, isMine, nameOf } from './state.js';
import { locale, word } from './words.js';

export const plainOf = (message) => message.text ?? message.caption ?? '';
export const summary = (message) => plainOf(message).split('\n')[0] || (message.photo ? word('photo') : '');

export function bubble(entry, does) {
  const { message } = entry;
  const isOut = isMine(message);
  const children = [
    sender(message, isOut),
    origin(message),
    quote(message, does),
    picture(message),
    body(entry, does),
  ];
  const article = el('div', { class: message.photo ? 'bubble with-photo' : 'bubble' }, ...children);
  const more = el('button', {
    type: 'button',
    class: 'more',
    'aria-haspopup': 'menu',
    'aria-expanded': 'false',
    'aria-label': word('more'),
    onclick: (event) => does.menu(entry, event.currentTarget),
  }, icon('more'));
  return el('article', { class: isOut ? 'message out' : 'message', 'data-id': message.message_id, tabindex: '-1', 'aria-label': nameOf(message.from) },
    el('div', { class: 'line' }, article, more), inlineKeyboard(message));
}

function sender(message, isOut) {
  if (isOut || !isGroup(message.chat)) return null;
  return el('p', { class: `sender hue-${hue(message.from.id)}` }, nameOf(message.from));
}

function origin(message) {
  const from = message.forward_origin?.sender_user;
  return from ? el('p', { class: 'origin' }, icon('forward'), word('forwardedFrom', nameOf(from))) : null;
}

function quote(message, does) {
  const quoted = message.reply_to_message;
  if (!quoted) return null;
  return el('button', { type: 'button', class: `quote hue-${hue(quoted.from.id)}`, onclick: () => does.show(quoted.message_id) },
    el('strong', {}, nameOf(quoted.from)), el('span', {}, summary(quoted)));
}

function picture(message) {
  const photo = message.photo?.at(-1);
  if (!photo) return null;
  const alt = summary({ ...message, photo: null }) || word('chart');
  const image = el('img', { src: `/photo/${photo.file_unique_id}`, alt, width: photo.width, height: photo.height, decoding: 'async' });
  return el('button', { type: 'button', class: 'picture', title: word('enlarge'), onclick: () => showPicture(image, plainOf(message)) }, image);
}

function body(entry, does) {
  const { message } = entry;
  const nodes = rich(plainOf(message), message.entities ?? message.caption_entities, { copy, say: does.say });
  return el('div', { class: nodes.length ? 'text' : 'text bare' }, ...nodes, meta(entry));
}

function meta({ message, is_silent: isSilent, is_seen: isSeen }) {
  const date = new Date(message.date * 1000);
  const clock = new Intl.DateTimeFormat(locale(), { hour: '2-digit', minute: '2-digit', hourCycle: 'h23' }).format(date);
  return el('span', { class: 'meta' },
    isSilent ? el('span', { class: 'silent', role: 'img', 'aria-label': word('silent') }, icon('silent')) : null,
    message.edit_date ? el('span', { class: 'edited' }, word('edited')) : null,
    el('time', { datetime: date.toISOString() }, clock),
    message.from.is_bot ? null : ticks(isSeen));
}

function ticks(isSeen) {
  const label = word(isSeen ? 'seen' : 'sent');
  return el('span', { class: isSeen ? 'ticks seen' : 'ticks', role: 'img', 'aria-label': label, title: label }, isSeen ? '✓✓' : '✓');
}
