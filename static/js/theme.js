/** The colours of the theme in force, for canvas, which cannot read CSS variables. */

/**
 * @typedef {object} Theme
 * @property {string} text
 * @property {string} muted
 * @property {string} grid
 * @property {string} axis
 * @property {string} surface
 * @property {string} run
 * @property {string} bad
 * @property {string} sans font stack
 */

const NAMES = /** @type {const} */ (["text", "muted", "grid", "axis", "surface", "run", "bad", "sans"]);

/** @type {Theme | null} */
let current = null;
/** @type {Set<() => void>} */
const listeners = new Set();

/** @returns {Theme} */
export function theme() {
  if (!current) {
    const style = getComputedStyle(document.documentElement);
    const found = NAMES.map((name) => [name, style.getPropertyValue(`--${name}`).trim()]);
    current = /** @type {Theme} */ (Object.fromEntries(found));
  }
  return current;
}

/** Call back when the theme has changed. @param {() => void} callback @returns {() => void} stop */
export function onTheme(callback) {
  listeners.add(callback);
  return () => {
    listeners.delete(callback);
  };
}

function changed() {
  current = null;
  for (const listener of listeners) listener();
}

if (typeof document !== "undefined") {
  new MutationObserver(changed).observe(document.documentElement, { attributeFilter: ["data-theme"] });
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", changed);
}
