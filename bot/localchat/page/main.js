// Ties the parts together: events of the server, choices of the person.
import { act, listen } from './api.js';
import { answered } from './buttons.js';
import * as composer from './composer.js';
import { $, el, hue, icon } from './dom.js';
import * as log from './log.js';
import { plainOf, summary } from './message.js';
import * as overlays from './overlays.js';
import { chatFace, openSide, paintSide, setLook, wireSide } from './side.js';
import { actor, botName, choices, choose, entry, isGroup, isMine, place, put, state, takeSnapshot, titleOf } from './state.js';
import { speak, word } from './words.js';

const ACTION_MS = 5000;
const CODES = { en: 'en', zh: 'zh-hans' };

const isHere = (chat) => chat === choices.chat;

function paintTop() {
  const { chat, members } = place();
  const name = isGroup(chat) ? titleOf(chat) : botName();
  $('name').textContent = name;
  $('avatar').className = isGroup(chat) ? `avatar hue-${hue(chat.id)}` : 'avatar';
  $('avatar').replaceChildren(icon(isGroup(chat) ? 'people' : 'candles'));
  $('status').replaceChildren(...status(chat, members));
  $('status').classList.toggle('busy', state.doing.has(chat.id));
  const unread = [...state.unread.values()].reduce((sum, count) => sum + count, 0);
  document.title = unread ? `(${unread}) ${botName()}` : botName();
  paintPinned();
}

function status(chat, members) {
  if (!state.isOnline) return [word('offline')];
  const action = state.doing.get(chat.id)?.action;
  if (action) return [word(action) ?? word('working')];
  const base = isGroup(chat) ? word('members', members.length + 1) : word(state.bot.is_ready ? 'online' : 'starting');
  return [`${word('youAre', actor().first_name)} · ${base}`];
}

function paintPinned() {
  const pinned = entry(place().pinned[0]);
  $('pinned').hidden = !pinned;
  if (pinned) {
    $('pinned').replaceChildren(icon('pin'), el('span', {}, el('strong', {}, word('pinned')), el('span', {}, summary(pinned.message))));
  }
}

function paint({ isOther = false } = {}) {
  paintTop();
  paintSide();
  composer.paintComposer();
  log.showChat({ isOther });
}

function openChat(chat) {
  const from = choices.chat;
  choose({ chat });
  state.unread.delete(chat);
  composer.changeChat(from);
  overlays.hideToast();
  paint({ isOther: true });
  openSide(false);
  composer.focusField();
}

function setLanguage(language) {
  choose({ language });
  speak(language);
  act('language', { language: CODES[language] });
  if (place()) paint();
}

function menuOf(item) {
  const { message } = item;
  const text = plainOf(message);
  const isOwn = isMine(message);
  return [
    { name: word('reply'), mark: 'reply', run: () => composer.replyTo(item) },
    text && { name: word('copy'), mark: 'copy', run: () => overlays.copy(text) },
    isOwn && message.text && { name: word('edit'), mark: 'edit', run: () => composer.editMessage(item) },
    !message.has_protected_content && { name: word('forward'), mark: 'forward', run: () => forward(message) },
    (isOwn || !isGroup(message.chat)) && { name: word('delete'), mark: 'trash', isDanger: true, run: () => remove(message) },
  ].filter(Boolean);
}

async function perform(name, body) {
  const { error } = await act(name, body);
  if (error !== undefined) overlays.toast(error ?? word('notSent'));
}

const remove = (message) => perform('delete', { user: actor().id, chat: message.chat.id, message: message.message_id });

function forward(message) {
  const dialog = $('forward');
  const chats = [...state.places.values()].filter(({ members }) => members.some(({ id }) => id === actor().id));
  dialog.querySelector('ul').replaceChildren(...chats.map(({ chat }) => el('li', {}, el('button', {
    type: 'button',
    class: 'chat-item',
    'data-close': true,
    onclick: () => perform('forward', { user: actor().id, chat: message.chat.id, message: message.message_id, to: chat.id }),
  }, chatFace(chat), el('span', { class: 'chat-lines' }, el('strong', {}, titleOf(chat)))))));
  dialog.showModal();
}

function stopDoing(chat) {
  clearTimeout(state.doing.get(chat)?.timer);
  state.doing.delete(chat);
}

const events = {
  online(isOnline) {
    state.isOnline = isOnline;
    if (place()) paintTop();
  },
  snapshot(snapshot) {
    const isFirst = state.places.size === 0;
    takeSnapshot(snapshot);
    paint({ isOther: isFirst });
    if (isFirst) act('language', { language: CODES[choices.language] });
  },
  message(item) {
    const { chat, from } = item.message;
    put(item);
    if (from.is_bot) stopDoing(chat.id);
    if (isHere(chat.id)) log.arrived(item);
    else if (from.is_bot) state.unread.set(chat.id, (state.unread.get(chat.id) ?? 0) + 1);
    paintSide();
    paintTop();
  },
  edit(item) {
    put(item);
    if (isHere(item.message.chat.id)) log.changed(item);
    paintSide();
    paintPinned();
  },
  delete({ chat_id: chat, message_id: id }) {
    state.entries.get(chat)?.delete(id);
    if (isHere(chat)) log.removed(id);
    paintSide();
    paintPinned();
  },
  place(changed) {
    state.places.set(changed.chat.id, changed);
    if (!isHere(changed.chat.id)) return;
    composer.paintComposer();
    paintSide();
    paintTop();
  },
  bot(card) {
    const before = JSON.stringify(state.bot);
    state.bot = card;
    if (place() && before !== JSON.stringify(card)) paint();
  },
  answer(answer) {
    answered(answer);
    if (!isHere(answer.chat_id) || answer.user_id !== actor().id) return;
    if (/^https?:/i.test(answer.url)) window.open(answer.url, '_blank', 'noopener,noreferrer');
    if (answer.text) (answer.show_alert ? overlays.showAlert : overlays.toast)(answer.text);
  },
  action({ chat_id: chat, action }) {
    stopDoing(chat);
    const timer = setTimeout(() => {
      state.doing.delete(chat);
      paintTop();
    }, ACTION_MS);
    state.doing.set(chat, { action, timer });
    paintTop();
  },
};

log.wireLog({
  focus: composer.focusField,
  say: composer.say,
  show: (id) => log.flash(id) || overlays.toast(word('deleted')),
  menu: (item, anchor) => overlays.openMenu(anchor, menuOf(item)),
});
composer.wireComposer();
overlays.wireDialogs();
overlays.wireMenu();
wireSide({
  say: composer.say,
  chat: openChat,
  language: setLanguage,
  look: setLook,
  actor: (id) => {
    choose({ actor: id });
    paint();
  },
});
$('pinned').addEventListener('click', () => log.flash(place().pinned[0]));
document.addEventListener('keydown', (event) => {
  if (event.key !== 'Escape' || document.querySelector('dialog[open]')) return;
  if (overlays.closeMenu() || composer.closeCommands() || composer.stopAbout()) return;
  openSide(false);
});
document.addEventListener('pointerdown', (event) => {
  if (!event.target.closest('#commands, #menu, #text')) composer.toggleCommands(false);
});
speak(choices.language);
listen(events);
composer.focusField();
