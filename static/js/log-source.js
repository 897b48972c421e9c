/** The lines of a console log, loaded in blocks as they come on the screen. */
import { getJSON } from "./api.js";

/** @typedef {[position: number, time: number, stream: string, text: string]} LogLine `position` in the log, from 0 */
/** @typedef {{lines: LogLine[], total: number, first: number}} LogPage */

const BLOCK = 500;
/** Blocks kept; the least recently seen goes first. */
const KEPT = 40;
/** Lines at the end that may still change. */
const TAIL = 100;
const FOUND_MOST = 1000;
/** Lines a request may carry when the whole log is saved. */
const SAVE_PAGE = 2000;

export class LogSource {
  total = 0;
  loaded = false;
  /** @type {Error | null} */
  error = null;
  /** By number of the block. @type {Map<number, LogLine[]>} */
  #blocks = new Map();
  /** @type {Set<number>} */
  #flying = new Set();

  /** @param {string} src @param {() => void} onChange @param {(url: string) => Promise<any>} [get] */
  constructor(src, onChange, get = getJSON) {
    this.src = src;
    this.onChange = onChange;
    this.get = get;
  }

  /** @param {Record<string, string | number>} query @returns {Promise<any>} */
  #ask(query) {
    return this.get(
      `${this.src}?${new URLSearchParams(Object.entries(query).map(([k, v]) => [k, String(v)]))}`,
    );
  }

  /** The line at a position, undefined while it is on its way. @param {number} position */
  line(position) {
    return this.#blocks.get(Math.floor(position / BLOCK))?.[position % BLOCK];
  }

  /** Load what is missing of a stretch of positions. @param {number} from @param {number} to one after the last */
  need(from, to) {
    const last = Math.floor((Math.min(to, this.total) - 1) / BLOCK);
    for (let block = Math.max(0, Math.floor(from / BLOCK)); block <= last; block++) {
      const lines = this.#blocks.get(block);
      const whole = Math.min(BLOCK, this.total - block * BLOCK);
      if (lines) {
        // Seen now: it goes last.
        this.#blocks.delete(block);
        this.#blocks.set(block, lines);
      }
      if (!lines || lines.length < whole) this.#load(block);
    }
  }

  /** @param {number} block */
  async #load(block) {
    if (this.#flying.has(block)) return;
    this.#flying.add(block);
    try {
      const page = await this.#ask({ from: block * BLOCK, limit: BLOCK });
      this.#keep(block, page.lines, page.total);
      this.error = null;
    } catch (error) {
      this.error = /** @type {Error} */ (error);
    } finally {
      this.#flying.delete(block);
    }
    this.onChange();
  }

  /** @param {number} block @param {LogLine[]} lines @param {number} total */
  #keep(block, lines, total) {
    this.#blocks.delete(block);
    this.#blocks.set(block, lines);
    this.total = total;
    this.loaded = true;
    if (this.#blocks.size > KEPT)
      this.#blocks.delete(/** @type {number} */ (this.#blocks.keys().next().value));
  }

  /** Fetch the end of the log: new lines, and those that were written again, as a progress bar is. */
  async refresh() {
    try {
      const page = await this.#ask({ tail: TAIL });
      this.total = page.total;
      for (const line of page.lines) this.#put(line);
      this.loaded = true;
      this.error = null;
    } catch (error) {
      this.error = /** @type {Error} */ (error);
    }
    this.onChange();
  }

  /** @param {LogLine} line */
  #put(line) {
    const block = Math.floor(line[0] / BLOCK);
    const place = line[0] % BLOCK;
    if (place === 0 && !this.#blocks.has(block)) this.#blocks.set(block, []);
    const lines = this.#blocks.get(block);
    // A hole is left to `need`.
    if (lines && place <= lines.length) lines[place] = line;
  }

  /**
   * Positions of lines that contain a text, whatever their case; at most 1,000.
   * @param {string} text @returns {Promise<{positions: number[], more: boolean}>}
   */
  async search(text) {
    const found = await this.#ask({ search: text, limit: FOUND_MOST });
    const positions = found.lines.map((/** @type {LogLine} */ [position]) => position);
    return { positions, more: positions.length >= FOUND_MOST };
  }

  /** All lines, page by page, for saving. @returns {AsyncGenerator<LogLine[]>} */
  async *all() {
    for (let from = 0; ; from += SAVE_PAGE) {
      const page = await this.#ask({ from, limit: SAVE_PAGE });
      if (page.lines.length) yield page.lines;
      if (from + SAVE_PAGE >= page.total) return;
    }
  }
}
