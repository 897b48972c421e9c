/**
 * Words of the interface. Msgids are English sentences; the page prints their translations as JSON in
 * `<script type="application/json" id="messages">` (see apps/core/js_messages.py, which lists every msgid).
 */

/** @type {Record<string, string> | null} */
let catalogue = null;

/** @returns {Record<string, string>} */
function load() {
  if (catalogue) return catalogue;
  const node = typeof document === "undefined" ? null : document.getElementById("messages");
  catalogue = node ? JSON.parse(node.textContent || "{}") : {};
  return /** @type {Record<string, string>} */ (catalogue);
}

/**
 * Translate a sentence and fill its `{name}` places.
 * @param {string} msgid English sentence, listed in apps/core/js_messages.py
 * @param {Record<string, string | number>} [values]
 */
export function t(msgid, values) {
  const text = load()[msgid] || msgid;
  return values ? text.replace(/\{(\w+)\}/g, (place, name) => String(values[name] ?? place)) : text;
}

/** "zh" on a Chinese page, else "en". */
export function lang() {
  return typeof document !== "undefined" && document.documentElement.lang.startsWith("zh") ? "zh" : "en";
}
