/** The lines of a console log, loaded in blocks as they come on the screen. */
import { getJSON } from "./api.js";

/** @typedef {[position: number, time: number, stream: string, text: string]} LogLine `position` in the log, from 0 */
/** @typedef {{lines: LogLine[], total: number, first: number}} LogPage */

const BLOCK = 500;
/** Blocks kept; the least recently seen goes first. */
const KEPT = 40;
/** Lines at the end that may still change. */
const TAIL = 100;

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
   * Positions of lines that contain a text, whatever their case, and how many there are in all: the server lists 10,000.
   * @param {string} text @returns {Promise<{positions: number[], matches: number}>}
   */
  async search(text) {
    const { positions, matches } = await this.#ask({ search: text, limit: 1 });
    return { positions, matches };
  }
}
