/**
 * Data of charts. Whatever the elements of a page ask for in one redraw goes out together: one
 * `POST /api/v1/metrics/query` for all keys that want the same runs, whatever the number of panels.
 */
import { send } from "./api.js";
import { decodeFrame } from "./frame.js";

/** @import { Frame } from "./frame.js" */

/**
 * @typedef {object} Wanted
 * @property {string} key
 * @property {string[]} runs uids
 * @property {string} x step, time, relative or a key
 * @property {number} [from]
 * @property {number} [to]
 * @property {number} points
 * @property {"rows" | "system"} kind
 */

/**
 * @typedef {object} RunSeries the points of one metric of one run
 * @property {Float64Array} x
 * @property {Float32Array} y NaN is a gap
 * @property {number} total points stored in the range; more than x.length where the server thinned them out
 * @property {{x: Float64Array, y: Float32Array} | null} means of the buckets, where thinned out: what smoothing is made from
 */

/** @typedef {Map<string, RunSeries>} ByRun */
/** @typedef {{wanted: Wanted, resolve: (found: ByRun) => void, reject: (error: unknown) => void}} Asked */
/** @typedef {{body: Record<string, unknown>, asked: Asked[]}} Query */

/** The server takes at most so many keys in a query. */
const KEYS_MOST = 200;

/** @template T @param {T[]} items @param {(item: T) => string} identity @returns {T[][]} */
function grouped(items, identity) {
  /** @type {Map<string, T[]>} */
  const groups = new Map();
  for (const item of items) {
    const id = identity(item);
    const group = groups.get(id);
    if (group) group.push(item);
    else groups.set(id, [item]);
  }
  return [...groups.values()];
}

/**
 * Merge what was asked into the fewest queries: runs of one key join, then keys with the same runs join.
 * @param {Asked[]} queue
 * @returns {Query[]}
 */
export function plan(queue) {
  const byKey = grouped(queue, ({ wanted: { runs: _, ...frame } }) => JSON.stringify(frame)).map((asked) => {
    const { key, runs: _, ...frame } = asked[0].wanted;
    const runs = [...new Set(asked.flatMap(({ wanted }) => wanted.runs))].sort();
    return { key, frame: { ...frame, runs }, asked };
  });
  return grouped(byKey, ({ frame }) => JSON.stringify(frame)).flatMap((same) =>
    Array.from({ length: Math.ceil(same.length / KEYS_MOST) }, (_, i) => {
      const part = same.slice(i * KEYS_MOST, (i + 1) * KEYS_MOST);
      const body = { ...part[0].frame, keys: part.map(({ key }) => key) };
      return { body, asked: part.flatMap(({ asked }) => asked) };
    }),
  );
}

/** @param {Frame} frame @param {Asked[]} asked */
function deliver(frame, asked) {
  /** @type {Map<string, ByRun>} */
  const found = new Map();
  for (const series of frame.series) {
    if (!series.run || series.agg) continue;
    const byRun = found.get(series.key) ?? new Map();
    byRun.set(series.run, { x: series.x, y: series.y, total: series.total, means: null });
    found.set(series.key, byRun);
  }
  for (const series of frame.series) {
    const owner = series.run && series.agg === "mean" && found.get(series.key)?.get(series.run);
    if (owner) owner.means = { x: series.x, y: series.y };
  }
  for (const { wanted, resolve } of asked) {
    const all = found.get(wanted.key) ?? new Map();
    resolve(new Map(wanted.runs.flatMap((run) => (all.has(run) ? [[run, all.get(run)]] : []))));
  }
}

/** @type {Asked[]} */
let queue = [];

async function flush() {
  const asked = queue;
  queue = [];
  await Promise.all(
    plan(asked).map(async (query) => {
      try {
        const body = { ...query.body, means: true, format: "frame" };
        const response = await send("POST", "/api/v1/metrics/query", body, {
          accept: "*/*",
        });
        deliver(decodeFrame(await response.arrayBuffer()), query.asked);
      } catch (error) {
        for (const { reject } of query.asked) reject(error);
      }
    }),
  );
}

/**
 * The points of one key of some runs. Runs that did not log it are left out.
 * @param {Wanted} wanted
 * @returns {Promise<ByRun>}
 */
export function requestSeries(wanted) {
  return new Promise((resolve, reject) => {
    // A few ms, not a microtask: panels become visible, and sparklines are upgraded, in several tasks of one frame.
    if (!queue.length) setTimeout(flush, 8);
    queue.push({ wanted, resolve, reject });
  });
}
