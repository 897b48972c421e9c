/**
 * What a page shows is in its URL, so every view is a link. One reader and writer of the query string for all elements
 * of a page: a change is announced at once as a "change" event, whose `detail` is the set of names that changed, and
 * written to the address bar a moment later, since browsers limit how often that may happen (a slider is faster).
 */

const WRITE_MS = 350;

class UrlState extends EventTarget {
  #query = new URLSearchParams();
  #timer = 0;

  constructor() {
    super();
    if (typeof window === "undefined") return;
    this.#query = new URLSearchParams(location.search);
    window.addEventListener("popstate", () => {
      this.#query = new URLSearchParams(location.search);
      this.#announce(null);
    });
    window.addEventListener("pagehide", () => this.#write());
  }

  /** @param {string} name */
  get(name) {
    return this.#query.get(name);
  }

  /** @param {string} name @returns {string[]} */
  list(name) {
    return (this.get(name) ?? "").split(",").filter(Boolean).map(decodeURIComponent);
  }

  /**
   * Set some names at once; null, "" and an empty list remove one. Replaces the history entry: "back" leaves the page.
   * @param {Record<string, string | string[] | null>} changes
   */
  set(changes) {
    /** @type {Set<string>} */
    const changed = new Set();
    for (const [name, given] of Object.entries(changes)) {
      const text = Array.isArray(given) ? given.map(encodeURIComponent).join(",") : (given ?? "");
      if ((this.#query.get(name) ?? "") === text) continue;
      changed.add(name);
      if (text) this.#query.set(name, text);
      else this.#query.delete(name);
    }
    if (!changed.size) return;
    this.#timer ||= window.setTimeout(() => this.#write(), WRITE_MS);
    this.#announce(changed);
  }

  #write() {
    if (!this.#timer) return;
    window.clearTimeout(this.#timer);
    this.#timer = 0;
    const search = this.#query.toString();
    history.replaceState(history.state, "", (search ? `?${search}` : location.pathname) + location.hash);
  }

  /** @param {Set<string> | null} names null when any may have changed */
  #announce(names) {
    this.dispatchEvent(new CustomEvent("change", { detail: names }));
  }

  /**
   * Call back when one of the names changes. Returns the way to stop.
   * @param {string[]} names @param {() => void} callback
   */
  watch(names, callback) {
    const listener = (/** @type {Event} */ event) => {
      const changed = /** @type {CustomEvent<Set<string> | null>} */ (event).detail;
      if (!changed || names.some((name) => changed.has(name))) callback();
    };
    this.addEventListener("change", listener);
    return () => this.removeEventListener("change", listener);
  }
}

export const urlState = new UrlState();
