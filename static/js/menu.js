/** Menus and popovers that hang on a button, by the browser's own popover. */
import { h, icon } from "./dom.js";

/**
 * @typedef {object} MenuItem
 * @property {string} label
 * @property {() => void} action
 * @property {string} [symbol] icon
 * @property {string} [keys] shown at the end
 * @property {boolean} [checked] for a choice of one; undefined for a command
 */

const GAP = 4;

/** @param {HTMLElement} box @param {HTMLElement} anchor */
function place(box, anchor) {
  const at = anchor.getBoundingClientRect();
  const { offsetWidth: width, offsetHeight: height } = box;
  const left = at.left + width > innerWidth - 8 ? at.right - width : at.left;
  const below = at.bottom + GAP + height <= innerHeight - 8;
  box.style.left = `${Math.max(8, left)}px`;
  box.style.top = `${Math.max(8, below ? at.bottom + GAP : at.top - GAP - height)}px`;
}

/**
 * Open `content` under a button; a second press, Escape or a click elsewhere closes it.
 * @param {HTMLElement} anchor @param {HTMLElement} content @param {string} [role]
 * @returns {HTMLElement} the popover, removed from the page when it closes
 */
export function openPopover(anchor, content, role = "dialog") {
  const box = h("div", { class: "menu", popover: "auto", role }, content);
  // Inside a dialog a popover must be its child, or it is inert.
  (anchor.closest("dialog") ?? document.body).append(box);
  box.addEventListener("toggle", (event) => {
    if (/** @type {ToggleEvent} */ (event).newState === "open") return;
    anchor.setAttribute("aria-expanded", "false");
    if (box.contains(document.activeElement)) anchor.focus();
    box.remove();
  });
  box.showPopover();
  anchor.setAttribute("aria-expanded", "true");
  place(box, anchor);
  return box;
}

/** @param {KeyboardEvent} event */
function walk(event) {
  const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
  if (!step) return;
  const box = /** @type {HTMLElement} */ (event.currentTarget);
  const items = /** @type {HTMLElement[]} */ ([...box.querySelectorAll(".menu-item")]);
  const at = items.indexOf(/** @type {HTMLElement} */ (document.activeElement));
  items[(at + step + items.length) % items.length].focus();
  event.preventDefault();
}

/** @param {HTMLElement} anchor @param {MenuItem[]} items */
export function openMenu(anchor, items) {
  const list = h("div", null);
  const box = openPopover(anchor, list, "menu");
  for (const { label, action, symbol, keys, checked } of items) {
    const choice = checked !== undefined;
    const item = h(
      "button",
      {
        class: "menu-item",
        type: "button",
        role: choice ? "menuitemradio" : "menuitem",
        "aria-checked": choice ? String(checked) : null,
        onclick: () => {
          box.hidePopover();
          action();
        },
      },
      symbol ? icon(symbol) : null,
      label,
    );
    if (choice) item.append(icon("check", "tick"));
    if (keys) item.append(h("span", { class: "kbd" }, keys));
    list.append(item);
  }
  box.addEventListener("keydown", walk);
  place(box, anchor);
  const current = list.querySelector('[aria-checked="true"]') ?? list.firstElementChild;
  /** @type {HTMLElement | null} */ (current)?.focus({ preventScroll: true });
}
