// What the page knows. Others read it; only this module and main.js change it.
const KEY = 'localchat';

export const state = {
  bot: { names: {}, descriptions: {}, username: '', is_ready: false },
  places: new Map(),
  entries: new Map(),
  suggestions: {},
  actions: [],
  pressSeconds: 15,
  isOnline: false,
  unread: new Map(),
  doing: new Map(),
  pending: new Map(),
};

const guess = navigator.language.startsWith('zh') ? 'zh' : 'en';

export const choices = { chat: null, actor: null, language: guess, look: 'auto', hidesKeyboard: false, ...remembered() };

function remembered() {
  try {
    return JSON.parse(localStorage.getItem(KEY) ?? '{}');
  } catch {
    return {};
  }
}

export function choose(changes) {
  Object.assign(choices, changes);
  localStorage.setItem(KEY, JSON.stringify(choices));
}

export function takeSnapshot(snapshot) {
  state.bot = snapshot.bot;
  state.suggestions = snapshot.suggestions;
  state.actions = snapshot.actions;
  state.pressSeconds = snapshot.press_seconds;
  state.places = new Map(snapshot.places.map((place) => [place.chat.id, place]));
  state.entries = new Map(snapshot.places.map((place) => [place.chat.id, new Map()]));
  for (const entry of snapshot.entries) put(entry);
  if (!state.places.has(choices.chat)) choose({ chat: snapshot.places[0]?.chat.id ?? null });
}

export function put(entry) {
  state.entries.get(entry.message.chat.id)?.set(entry.message.message_id, entry);
}

export const place = () => state.places.get(choices.chat);
export const entries = (chat = choices.chat) => [...(state.entries.get(chat)?.values() ?? [])];
export const entry = (id) => state.entries.get(choices.chat)?.get(id);
export const isGroup = (chat) => chat.type !== 'private';
export const botName = () => state.bot.names[choices.language] ?? '';

// In a private chat one is its owner; in a group one chooses.
export function actor() {
  const { chat, members } = place();
  if (!isGroup(chat)) return members[0];
  return members.find((member) => member.id === choices.actor) ?? members[0];
}

export const isMine = (message) => message.from.id === actor().id;
export const titleOf = (chat) => chat.title ?? chat.first_name;
export const nameOf = (user) => (user.is_bot ? botName() : user.first_name);
