/** The runs behind the list: loaded by cursor as they are scrolled to, kept fresh by nudges. */
import { getJSON } from "./api.js";

/** @import { Run } from "./shown.js" */

/** @typedef {Run & {created_at: string, duration_s: number}} ListedRun */

const PAGE = 50;
/** Runs beyond the first page that one nudge may make us look at. */
const SINGLE_MOST = 10;

export class RunSource {
  /** @type {ListedRun[]} */
  runs = [];
  /** Asked for by ID, and not in the list so far. @type {ListedRun[]} */
  others = [];
  /** @type {number | null} */
  count = null;
  /** There are more than `count`; the server stops counting there. */
  capped = false;
  /** What the server has to say on the query, though it could be answered. @type {string[]} */
  hints = [];
  /** @type {Error | null} */
  error = null;
  loading = false;
  loaded = false;
  #query = "";
  /** @type {string | null} */
  #next = null;
  #token = 0;
  /** @type {Set<string>} */
  #sought = new Set();

  /** @param {string} src URL of the list @param {() => void} onChange @param {typeof getJSON} [get] */
  constructor(src, onChange, get = getJSON) {
    this.src = src;
    this.onChange = onChange;
    this.get = get;
  }

  /** @param {string | null} cursor */
  #url(cursor) {
    return `${this.src}?${this.#query}&limit=${PAGE}${cursor ? `&cursor=${encodeURIComponent(cursor)}` : ""}`;
  }

  /** Begin again with another query or order. @param {string} q @param {string} order */
  async start(q, order) {
    const query = new URLSearchParams({ ...(q ? { q } : {}), order }).toString();
    if (query === this.#query && this.loaded) return;
    this.#query = query;
    this.#token += 1;
    await this.#load(null, (page) => {
      this.runs = page.items;
      this.#next = page.next;
    });
  }

  /** Load the next page, where there is one. */
  async more() {
    if (!this.#next || this.loading) return;
    await this.#load(this.#next, (page) => {
      const known = new Set(this.runs.map((run) => run.uid));
      this.runs = [...this.runs, ...page.items.filter((/** @type {ListedRun} */ run) => !known.has(run.uid))];
      this.#next = page.next;
    });
  }

  /** Look at the first page again, and at those of `uids` that stand further down. @param {Iterable<string>} uids */
  async refresh(uids) {
    if (!this.loaded || this.loading) return;
    await this.#load(null, (page) => {
      const fresh = new Set(page.items.map((/** @type {ListedRun} */ run) => run.uid));
      const more = this.runs.length > PAGE;
      if (!more) this.#next = page.next;
      this.runs = more ? [...page.items, ...this.runs.filter((run) => !fresh.has(run.uid))] : page.items;
    });
    const first = new Set(this.runs.slice(0, PAGE).map((run) => run.uid));
    const below = this.runs.filter((run) => !first.has(run.uid)).map((run) => run.uid);
    const changed = new Set(uids);
    await Promise.all(
      below
        .filter((uid) => changed.has(uid))
        .slice(0, SINGLE_MOST)
        .map((uid) => this.#again(uid)),
    );
  }

  /** @param {string} uid */
  async #again(uid) {
    const run = await this.get(`/api/v1/runs/${uid}`).catch(() => null);
    if (!run) return;
    this.runs = this.runs.map((known) => (known.uid === uid ? run : known));
    this.onChange();
  }

  /** Runs of a shared link that are not loaded yet. @param {Iterable<string>} ids short IDs */
  async seek(ids) {
    const known = new Set([...this.runs, ...this.others].map((run) => run.id));
    const missing = [...ids].filter((id) => !known.has(id) && !this.#sought.has(id)).slice(0, PAGE);
    for (const id of missing) this.#sought.add(id);
    const found = await Promise.all(
      missing.map((id) => this.get(`${this.src}/${encodeURIComponent(id)}`).catch(() => null)),
    );
    this.others = [...this.others, ...found.filter(Boolean)];
    if (found.some(Boolean)) this.onChange();
  }

  /** @param {string | null} cursor @param {(page: any) => void} take */
  async #load(cursor, take) {
    const token = this.#token;
    this.loading = true;
    try {
      const page = await this.get(this.#url(cursor));
      if (token !== this.#token) return;
      take(page);
      if (!cursor)
        Object.assign(this, { count: page.count, capped: page.count_is_capped, hints: page.hints ?? [] });
      this.error = null;
      this.loaded = true;
    } catch (error) {
      if (token !== this.#token) return;
      this.error = /** @type {Error} */ (error);
    } finally {
      if (token === this.#token) this.loading = false;
    }
    this.onChange();
  }
}
