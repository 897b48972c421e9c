/** The points behind one panel: asks for what is missing, keeps the old points until the new ones are there. */
import { requestSeries } from "./series.js";

/** @import { RunSeries, Wanted } from "./series.js" */

/** @param {Wanted} wanted all but the runs: what the points are of */
function frameOf({ runs: _, ...frame }) {
  return JSON.stringify(frame);
}

/** Runs whose points are kept although they are not shown now. */
const SPARE_MOST = 50;

export class PanelData {
  /** Runs that do not log the key are null. @type {Map<string, RunSeries | null>} */
  series = new Map();
  /** @type {Error | null} */
  error = null;
  /** Something came at least once. */
  filled = false;
  /** Frame that `series` shows, and the one asked for last. */
  #shown = "";
  #target = "";
  /** @type {Wanted | null} */
  #wanted = null;
  /** Runs asked for in the target frame, and those of them without an answer yet. @type {Set<string>} */
  #asked = new Set();
  /** @type {Set<string>} */
  #flying = new Set();
  /** Asked for, and changed on the server since. @type {Set<string>} */
  #dirty = new Set();

  /** @param {() => void} onChange called when anything above changed @param {typeof requestSeries} [request] */
  constructor(onChange, request = requestSeries) {
    this.onChange = onChange;
    this.request = request;
  }

  get loading() {
    return this.#flying.size > 0;
  }

  /** `series` belongs to another view than the one asked for last: on its way, or not to be had. */
  get stale() {
    return this.filled && this.#shown !== this.#target;
  }

  /** These runs have new points: they are asked for again at the next `load`. @param {Iterable<string>} uids */
  invalidate(uids) {
    for (const uid of uids) this.#dirty.add(uid);
  }

  /**
   * Fetch what the view needs and is not here. Answers to an earlier view are dropped; a run whose answer is still on
   * its way is not asked for twice, so a slow server is not asked faster than it answers.
   * @param {Wanted} wanted
   */
  async load(wanted) {
    const id = frameOf(wanted);
    this.#wanted = wanted;
    if (id !== this.#target) {
      this.#target = id;
      this.#flying = new Set();
      this.#asked = new Set(id === this.#shown ? this.series.keys() : []);
    }
    const due = (/** @type {string} */ uid) => !this.#asked.has(uid) || this.#dirty.has(uid);
    const missing = wanted.runs.filter((uid) => due(uid) && !this.#flying.has(uid));
    if (!wanted.runs.length) this.filled = true;
    if (!missing.length) return;
    const flying = this.#flying;
    for (const uid of missing) {
      flying.add(uid);
      this.#asked.add(uid);
      this.#dirty.delete(uid);
    }
    this.onChange();
    const outcome = await this.request({ ...wanted, runs: missing }).then(
      (found) => ({ found, error: null }),
      (error) => ({ found: null, error }),
    );
    if (flying !== this.#flying) return;
    this.#settle(id, missing, outcome);
  }

  /** Runs that were shown once may come back, but not hundreds of them. */
  #forget() {
    const wanted = new Set(this.#wanted?.runs);
    const spare = [...this.series.keys()].filter((uid) => !wanted.has(uid) && !this.#flying.has(uid));
    for (const uid of spare.slice(0, Math.max(0, spare.length - SPARE_MOST))) {
      this.series.delete(uid);
      this.#asked.delete(uid);
    }
  }

  /** @param {string} id @param {string[]} uids @param {{found: Map<string, RunSeries> | null, error: Error | null}} outcome */
  #settle(id, uids, { found, error }) {
    if (found && this.#shown !== id) {
      this.series = new Map();
      this.#shown = id;
    }
    for (const uid of uids) {
      this.#flying.delete(uid);
      if (found) this.series.set(uid, found.get(uid) ?? null);
      else this.#asked.delete(uid);
    }
    this.filled ||= Boolean(found);
    this.error = error;
    this.#forget();
    this.onChange();
    if (found && this.#wanted?.runs.some((uid) => this.#dirty.has(uid))) this.load(this.#wanted);
  }
}
