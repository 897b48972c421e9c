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

/** What a run is about comes first: names without a section, training, held-out results; the machine last. @param {string} name */
function rank(name) {
  if (name === "") return 0;
  if (/^train/i.test(name)) return 1;
  if (/^(val|eval|test|dev)/i.test(name)) return 2;
  return name === "system" ? 4 : 3;
}

/**
 * Sections by the name before the first "/".
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
  return [...found]
    .map(([name, keys]) => ({ name, keys: keys.sort(natural.compare) }))
    .sort((a, b) => rank(a.name) - rank(b.name) || natural.compare(a.name, b.name));
}

/** All in one section: a few panels need no heads between them. @param {MetricKey[]} metrics @param {string} [search] @returns {Section[]} */
export function oneSection(metrics, search = "") {
  const keys = panelSections(metrics, search).flatMap((section) => section.keys);
  return keys.length ? [{ name: "", keys }] : [];
}

/** Metrics that people count progress by: offered as x axis. @param {MetricKey[]} metrics @returns {string[]} */
export function axisKeys(metrics) {
  const counts =
    /(^|[/_.])(epochs?|tokens?|samples?|iters?|iterations?|examples?|(global_?)?steps?)([/_.]|$)/i;
  return panelSections(metrics.filter(({ key }) => counts.test(key)))
    .flatMap(({ keys }) => keys)
    .slice(0, 12);
}
