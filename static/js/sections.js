/** Which panels there are, in which sections. Pure. */

/** @typedef {{key: string, type?: string}} MetricKey as the REST API lists it */
/** @typedef {{name: string, keys: string[]}} Section */

/** Types that a line cannot show. */
const NOT_LINES = ["text", "object"];

const natural = new Intl.Collator("en", { numeric: true, sensitivity: "base" });

/** The part of a key before its first "/"; "" where it has none. @param {string} key */
function sectionOf(key) {
  const slash = key.indexOf("/");
  return slash > 0 ? key.slice(0, slash) : "";
}

/**
 * What a search text matches: part of the name in any case, or a regular expression where it is one.
 * @param {string} text
 * @returns {(key: string) => boolean}
 */
export function keyMatcher(text) {
  const wanted = text.trim().toLowerCase();
  if (!wanted) return () => true;
  const contains = (/** @type {string} */ key) => key.toLowerCase().includes(wanted);
  if (!/[\\^$*+?()[\]{}|]/.test(wanted)) return contains;
  try {
    const pattern = new RegExp(text.trim(), "i");
    return (key) => pattern.test(key) || contains(key);
  } catch {
    // Not finished typing.
    return contains;
  }
}

/**
 * Sections by the name before the first "/", keys without one first, "system" last.
 * @param {MetricKey[]} metrics @param {string} [search]
 * @returns {Section[]}
 */
export function panelSections(metrics, search = "") {
  const matches = keyMatcher(search);
  /** @type {Map<string, string[]>} */
  const found = new Map();
  for (const { key, type } of metrics) {
    if (NOT_LINES.includes(type ?? "") || !matches(key)) continue;
    const name = sectionOf(key);
    found.set(name, [...(found.get(name) ?? []), key]);
  }
  const rank = (/** @type {string} */ name) => (name === "" ? 0 : name === "system" ? 2 : 1);
  return [...found]
    .map(([name, keys]) => ({ name, keys: keys.sort(natural.compare) }))
    .sort((a, b) => rank(a.name) - rank(b.name) || natural.compare(a.name, b.name));
}

/** Metrics that people count progress by: offered as x axis. @param {MetricKey[]} metrics @returns {string[]} */
export function axisKeys(metrics) {
  const counts =
    /(^|[/_.])(epochs?|tokens?|samples?|iters?|iterations?|examples?|(global_?)?steps?)([/_.]|$)/i;
  return panelSections(metrics.filter(({ key }) => counts.test(key)))
    .flatMap(({ keys }) => keys)
    .slice(0, 12);
}
