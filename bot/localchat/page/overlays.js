// What lies over the conversation: toast, alert, picture, menus.
import { $, el, icon } from './dom.js';
import { word } from './words.js';

const TOAST_MS = 3200;
let fading = 0;

export function toast(text) {
  const element = $('toast');
  element.textContent = text;
  element.classList.add('shown');
  clearTimeout(fading);
  fading = setTimeout(() => element.classList.remove('shown'), TOAST_MS);
}

export const hideToast = () => $('toast').classList.remove('shown');

export function showAlert(text) {
  $('alert-text').textContent = text;
  $('alert').setAttribute('aria-label', text);
  $('alert').showModal();
}

export async function copy(text) {
  try {
    await navigator.clipboard.writeText(text);
    toast(`${word('copied')}: ${text.length > 60 ? `${text.slice(0, 60)}…` : text}`);
  } catch {
    toast(word('notCopied'));
  }
}

export function showPicture(image, caption) {
  const viewer = $('viewer');
  const large = viewer.querySelector('img');
  large.src = image.src;
  large.alt = image.alt;
  large.width = image.naturalWidth;
  large.height = image.naturalHeight;
  viewer.querySelector('p').textContent = caption;
  viewer.showModal();
}

export function wireDialogs() {
  for (const dialog of document.querySelectorAll('dialog')) {
    dialog.addEventListener('click', (event) => {
      if (event.target === dialog || event.target.closest('[data-close]')) dialog.close();
    });
  }
}

// A menu that opens beside a button, is walked with the arrows and gives the focus back.
export function openMenu(anchor, items) {
  const menu = $('context-menu');
  menu.replaceChildren(...items.map(({ name, mark, run, isDanger }) => el('button', {
    type: 'button',
    role: 'menuitem',
    class: isDanger ? 'danger' : null,
    onclick: () => {
      closeMenu();
      run();
    },
  }, icon(mark), name)));
  menu.setAttribute('aria-label', word('more'));
  menu.hidden = false;
  menu.anchor = anchor;
  anchor.setAttribute('aria-expanded', 'true');
  placeMenu(menu, anchor.getBoundingClientRect());
  menu.firstChild.focus();
}

function placeMenu(menu, near) {
  const { width, height } = menu.getBoundingClientRect();
  menu.style.left = `${Math.max(8, Math.min(near.left, innerWidth - width - 8))}px`;
  menu.style.top = `${Math.max(8, Math.min(near.bottom, innerHeight - height - 8))}px`;
}

export function closeMenu() {
  const menu = $('context-menu');
  if (menu.hidden) return false;
  menu.hidden = true;
  menu.anchor?.setAttribute('aria-expanded', 'false');
  menu.anchor?.focus({ preventScroll: true });
  return true;
}

export function walk(menu, event) {
  const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
  if (!step) return;
  event.preventDefault();
  const items = [...menu.querySelectorAll('button')];
  const at = items.indexOf(document.activeElement);
  items.at((at + step) % items.length)?.focus();
}

export function wireMenu() {
  const menu = $('context-menu');
  menu.addEventListener('keydown', (event) => walk(menu, event));
  menu.addEventListener('focusout', (event) => {
    if (!menu.contains(event.relatedTarget)) menu.hidden = true;
  });
}
