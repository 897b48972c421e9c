/** Build elements without HTML strings, so that no text of a user is ever parsed as markup. */

/**
 * @template {keyof HTMLElementTagNameMap} K
 * @param {K} tag
 * @param {Record<string, any> | null} props `class`, `on<event>` listeners, other keys are attributes; null, undefined and false are left out
 * @param {...(Node | string | null | undefined)} children
 * @returns {HTMLElementTagNameMap[K]}
 */
export function h(tag, props, ...children) {
  const node = document.createElement(tag);
  for (const [name, given] of Object.entries(props ?? {})) {
    if (given === null || given === undefined || given === false) continue;
    if (name.startsWith("on")) node.addEventListener(name.slice(2), given);
    else node.setAttribute(name, given === true ? "" : String(given));
  }
  node.append(...children.filter((child) => child !== null && child !== undefined));
  return node;
}

const SVG = "http://www.w3.org/2000/svg";

/** @param {string} tag @param {Record<string, string | number>} attributes @returns {SVGElement} */
export function svg(tag, attributes) {
  const node = document.createElementNS(SVG, tag);
  for (const [name, given] of Object.entries(attributes)) node.setAttribute(name, String(given));
  return node;
}

/** A symbol of the sprite that `<html data-icons>` names. @param {string} name @param {string} [extra] classes */
export function icon(name, extra = "") {
  const node = svg("svg", { class: `i ${extra}`.trim(), "aria-hidden": "true" });
  const use = svg("use", { href: `${document.documentElement.dataset.icons ?? ""}#${name}` });
  node.append(use);
  return node;
}

/**
 * An icon button with a name for screen readers and the pointer.
 * @param {string} symbol @param {string} label @param {(event: MouseEvent) => void} onclick @param {string} [extra] classes
 */
export function iconButton(symbol, label, onclick, extra = "") {
  return h(
    "button",
    { class: `btn-icon ${extra}`.trim(), type: "button", title: label, "aria-label": label, onclick },
    icon(symbol),
  );
}

/**
 * The JSON that the page printed for an element.
 * @param {string | null} id of a `<script type="application/json">`
 * @returns {any}
 */
export function pageData(id) {
  const node = id ? document.getElementById(id) : null;
  return node ? JSON.parse(node.textContent || "null") : null;
}

/** Let the user save a file. @param {Blob} blob @param {string} name */
export function saveFile(blob, name) {
  const url = URL.createObjectURL(blob);
  const link = h("a", { href: url, download: name });
  link.click();
  setTimeout(() => URL.revokeObjectURL(url), 10_000);
}

/**
 * Call `work` at most once every `ms`, at once the first time, and a last time for calls in between.
 * @param {() => void} work @param {number} ms
 */
export function throttled(work, ms) {
  let last = -Infinity;
  let timer = 0;
  return () => {
    if (timer) return;
    const wait = Math.max(0, last + ms - performance.now());
    timer = window.setTimeout(() => {
      timer = 0;
      last = performance.now();
      work();
    }, wait);
  };
}

/**
 * Make `nodes` the children of `parent`, moving only what is not in its place: a moved element would start again.
 * @param {Element} parent @param {Element[]} nodes
 */
export function arrange(parent, nodes) {
  const wanted = new Set(nodes);
  for (const child of [...parent.children]) if (!wanted.has(child)) child.remove();
  nodes.forEach((node, i) => {
    if (parent.children[i] !== node) parent.insertBefore(node, parent.children[i] ?? null);
  });
}

/** @param {unknown[]} a @param {unknown[]} b */
export function sameItems(a, b) {
  return a.length === b.length && a.every((item, i) => item === b[i]);
}
