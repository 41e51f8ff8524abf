// The side panel: chats, who one is, language, look, suggestions, extra buttons.
import { act } from './api.js';
import { $, el, hue, icon, initial, refill } from './dom.js';
import { summary } from './message.js';
import { toast } from './overlays.js';
import { actor, choices, choose, entries, isGroup, nameOf, place, state, titleOf } from './state.js';
import { word } from './words.js';

const sheet = matchMedia('(max-width: 860px)');
let does = {};

export function wireSide(handlers) {
  does = handlers;
  $('open-side').addEventListener('click', () => openSide(true));
  $('close-side').addEventListener('click', () => openSide(false));
  $('backdrop').addEventListener('click', () => openSide(false));
  sheet.addEventListener('change', () => openSide(false));
  for (const radio of document.querySelectorAll('[name=language], [name=look]')) {
    radio.addEventListener('change', () => does[radio.name](radio.value));
  }
  $('shut').addEventListener('click', toggleBot);
  $('reopen').addEventListener('click', toggleBot);
  openSide(false);
}

// On a phone the panel is a sheet: what lies behind it can't be reached meanwhile.
export function openSide(isOpen) {
  const wasOpen = $('side').classList.contains('open');
  const isSheet = sheet.matches;
  $('side').classList.toggle('open', isOpen && isSheet);
  $('side').inert = isSheet && !isOpen;
  $('main').inert = isSheet && isOpen;
  $('open-side').setAttribute('aria-expanded', String(isOpen && isSheet));
  if (isOpen && isSheet) $('close-side').focus();
  else if (wasOpen) $('open-side').focus();
  return wasOpen;
}

async function toggleBot() {
  const { chat, is_shut: isShut } = place();
  if (isGroup(chat)) await act('remove_bot', { user: actor().id, chat: chat.id, is_removed: !isShut });
  else await act('block', { user: chat.id, is_blocked: !isShut });
}

export function paintSide() {
  refill($('chats'), ...[...state.places.values()].map(({ chat }) => chatItem(chat)));
  paintActing();
  paintActions();
  paintTries();
  for (const name of ['language', 'look']) {
    document.querySelector(`[name=${name}][value=${choices[name]}]`).checked = true;
  }
  const { chat, is_shut: isShut } = place();
  const words = isGroup(chat) ? ['removeBot', 'addBot'] : ['block', 'unblock'];
  $('shut').textContent = word(words[Number(isShut)]);
  $('elsewhere').hidden = ![...state.unread.values()].some(Boolean);
}

export function chatFace(chat) {
  return el('span', { class: `avatar small hue-${hue(chat.id)}`, 'aria-hidden': 'true' }, isGroup(chat) ? icon('people') : initial(titleOf(chat)));
}

function chatItem(chat) {
  const last = entries(chat.id).at(-1)?.message;
  const unread = state.unread.get(chat.id) ?? 0;
  const preview = last ? `${nameOf(last.from)}: ${summary(last)}` : word(isGroup(chat) ? 'empty' : 'private');
  const isChosen = chat.id === choices.chat;
  return el('li', {}, el('button', { type: 'button', class: 'chat-item', 'aria-current': isChosen ? 'true' : null, onclick: () => does.chat(chat.id) },
    chatFace(chat),
    el('span', { class: 'chat-lines' }, el('strong', {}, titleOf(chat)), el('span', {}, preview)),
    unread ? el('span', { class: 'count', 'aria-label': word('unread', unread) }, String(unread)) : null));
}

function paintActing() {
  const { chat, members } = place();
  $('acting').hidden = !isGroup(chat);
  refill($('actors'), ...members.map((member) => {
    const radio = el('input', { type: 'radio', name: 'actor', value: member.id, onchange: () => does.actor(member.id) });
    radio.checked = member.id === actor().id;
    return el('label', {}, radio, el('span', {}, member.first_name));
  }));
}

function paintActions() {
  $('actions-section').hidden = state.actions.length === 0;
  refill($('actions'), ...state.actions.map((labels, index) => el('button', {
    type: 'button',
    class: 'quiet-button',
    onclick: async () => {
      const { error } = await act('action', { index });
      if (error !== undefined) toast(error ?? word('notSent'));
    },
  }, labels[choices.language] ?? labels.en)));
}

function paintTries() {
  const tries = state.suggestions[choices.language] ?? state.suggestions.en ?? [];
  $('tries-section').hidden = tries.length === 0;
  refill($('tries'), ...tries.map((text) => el('li', {}, el('button', {
    type: 'button',
    class: 'quiet-button',
    onclick: () => {
      openSide(false);
      does.say(text);
    },
  }, text))));
}

export function setLook(look) {
  choose({ look });
  if (look === 'auto') delete document.documentElement.dataset.look;
  else document.documentElement.dataset.look = look;
}
