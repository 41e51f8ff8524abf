// Inline keyboards: what a button does, and how it looks while the bot thinks.
import { act } from './api.js';
import { el, icon } from './dom.js';
import { actor, state } from './state.js';
import { copy, toast } from './overlays.js';
import { word } from './words.js';

const keyOf = (message, data) => `${message.chat.id}:${message.message_id}:${data}`;

export function inlineKeyboard(message) {
  const rows = message.reply_markup?.inline_keyboard;
  if (!rows) return null;
  return el('div', { class: 'buttons' }, ...rows.map((row) => el('div', { class: 'row' }, ...row.map((button) => one(message, button)))));
}

function one(message, button) {
  const attributes = { class: `inline ${button.style ?? ''}`.trim() };
  if (button.url) {
    return el('a', { ...attributes, href: button.url, target: '_blank', rel: 'noopener noreferrer' }, button.text, icon('open'));
  }
  const element = el('button', { type: 'button', ...attributes }, button.text);
  if (button.copy_text) {
    element.append(icon('copy'));
    element.addEventListener('click', () => copy(button.copy_text.text));
  } else if (button.callback_data) {
    element.dataset.key = keyOf(message, button.callback_data);
    setBusy(element, state.pending.has(element.dataset.key));
    element.addEventListener('click', () => press(message, button));
  }
  return element;
}

async function press(message, button) {
  const key = keyOf(message, button.callback_data);
  if (state.pending.has(key)) return;
  wait(key);
  const { error } = await act('tap', {
    user: actor().id,
    chat: message.chat.id,
    message: message.message_id,
    button: button.callback_data,
  });
  if (error !== undefined) {
    settle(key);
    toast(error ?? word('notSent'));
  }
}

function wait(key) {
  state.pending.set(key, setTimeout(() => settle(key), state.pressSeconds * 1000));
  paint(key);
}

function settle(key) {
  clearTimeout(state.pending.get(key));
  state.pending.delete(key);
  paint(key);
}

export function answered({ chat_id: chat, message_id: id, data }) {
  settle(`${chat}:${id}:${data}`);
}

function paint(key) {
  const element = document.querySelector(`.inline[data-key="${CSS.escape(key)}"]`);
  if (element) setBusy(element, state.pending.has(key));
}

function setBusy(element, isBusy) {
  if (isBusy) element.setAttribute('aria-busy', 'true');
  else element.removeAttribute('aria-busy');
}
