// Building nodes. Nothing on this page ever goes through innerHTML.
const SVG = 'http://www.w3.org/2000/svg';

export const $ = (id) => document.getElementById(id);

export function el(tag, attributes = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (value === undefined || value === null || value === false) continue;
    if (name.startsWith('on')) element.addEventListener(name.slice(2), value);
    else if (name === 'class') element.className = value;
    else element.setAttribute(name, value === true ? '' : value);
  }
  element.append(...children.filter((child) => child !== null && child !== undefined && child !== ''));
  return element;
}

export function icon(name) {
  const svg = document.createElementNS(SVG, 'svg');
  const use = document.createElementNS(SVG, 'use');
  use.setAttribute('href', `#i-${name}`);
  svg.setAttribute('aria-hidden', 'true');
  svg.append(use);
  return svg;
}

// Something inside text that acts on click, Enter and Space without breaking the line.
export function inlineButton(tag, attributes, act, ...children) {
  const press = (event) => {
    if (event.type === 'keydown' && event.key !== 'Enter' && event.key !== ' ') return;
    event.preventDefault();
    event.stopPropagation();
    act(event);
  };
  return el(tag, { role: 'button', tabindex: '0', ...attributes, onclick: press, onkeydown: press }, ...children);
}

// Replaces what a list shows; whoever stood on its third button still does.
export function refill(container, ...children) {
  const within = () => [...container.querySelectorAll('button, input')];
  const at = within().indexOf(document.activeElement);
  container.replaceChildren(...children);
  if (at >= 0) within().at(Math.min(at, within().length - 1))?.focus({ preventScroll: true });
}

// Colours of names and avatars, as steady as the person.
export const hue = (id) => Math.abs(id) % 6;
export const initial = (name) => [...name][0] ?? '?';
