import { beforeEach, expect, it, vi } from "vitest";
import { PanelData } from "../../static/js/panel-data.js";

/** @typedef {import("../../static/js/series.js").Wanted} Wanted */

const view = { key: "loss", x: "step", points: 100, kind: /** @type {const} */ ("rows") };
const points = (/** @type {number} */ y) => ({
  x: Float64Array.of(0),
  y: Float32Array.of(y),
  total: 1,
  means: null,
});

/** @type {{wanted: Wanted, answer: (y: number) => Promise<void>, fail: () => Promise<void>}[]} */
let calls;
/** @type {PanelData} */
let data;
const changed = vi.fn();

beforeEach(() => {
  calls = [];
  changed.mockClear();
  data = new PanelData(changed, (wanted) => {
    const { promise, resolve, reject } = withResolvers();
    const settle = async (/** @type {() => void} */ act) => {
      act();
      await new Promise((done) => setTimeout(done));
    };
    calls.push({
      wanted,
      answer: (y) => settle(() => resolve(new Map(wanted.runs.map((uid) => [uid, points(y)])))),
      fail: () => settle(() => reject(new Error("down"))),
    });
    return /** @type {any} */ (promise);
  });
});

function withResolvers() {
  /** @type {any} */
  let resolve;
  /** @type {any} */
  let reject;
  const promise = new Promise((yes, no) => {
    resolve = yes;
    reject = no;
  });
  return { promise, resolve, reject };
}

const shows = (/** @type {string} */ uid) => data.series.get(uid)?.y[0];

it("asks only for runs that are new", async () => {
  data.load({ ...view, runs: ["a"] });
  await calls[0].answer(1);
  data.load({ ...view, runs: ["a", "b"] });
  expect(calls[1].wanted.runs).toEqual(["b"]);
  await calls[1].answer(2);
  data.load({ ...view, runs: ["b"] });
  expect(calls).toHaveLength(2);
  expect([shows("a"), shows("b")]).toEqual([1, 2]);
});

it("keeps the old points until the other view is there", async () => {
  data.load({ ...view, runs: ["a"] });
  await calls[0].answer(1);
  data.load({ ...view, x: "time", runs: ["a"] });
  expect(data.stale).toBe(true);
  expect(shows("a")).toBe(1);
  await calls[1].answer(2);
  expect(data.stale).toBe(false);
  expect(shows("a")).toBe(2);
});

it("says that what it shows is of another view, also after that could not be had", async () => {
  data.load({ ...view, runs: ["a"] });
  await calls[0].answer(1);
  data.load({ ...view, x: "time", runs: ["a"] });
  await calls[1].fail();
  expect([data.stale, data.loading, data.error?.message]).toEqual([true, false, "down"]);
  data.load({ ...view, x: "time", runs: ["a"] });
  await calls[2].answer(2);
  expect([data.stale, data.error]).toEqual([false, null]);
});

it("drops the answer to a view that was left", async () => {
  data.load({ ...view, runs: ["a"] });
  await calls[0].answer(1);
  data.load({ ...view, from: 5, to: 9, runs: ["a"] });
  data.load({ ...view, runs: ["a"] });
  expect(data.loading).toBe(false);
  expect(data.stale).toBe(false);
  await calls[1].answer(9);
  expect(shows("a")).toBe(1);
  expect(calls).toHaveLength(2);
});

it("does not ask again while an answer is on its way, and asks once after it for what changed meanwhile", async () => {
  data.load({ ...view, runs: ["a"] });
  for (let i = 0; i < 5; i++) {
    data.invalidate(["a"]);
    data.load({ ...view, runs: ["a"] });
  }
  expect(calls).toHaveLength(1);
  await calls[0].answer(1);
  expect(shows("a")).toBe(1);
  expect(calls).toHaveLength(2);
  await calls[1].answer(2);
  expect(shows("a")).toBe(2);
  expect(calls).toHaveLength(2);
});

it("remembers that a run has no such metric", async () => {
  data.load({ ...view, runs: ["a"] });
  await calls[0].answer(1);
  data.request = async () => new Map();
  await data.load({ ...view, runs: ["a", "c"] });
  expect(data.series.get("c")).toBeNull();
});

it("after a failure asks again for the same runs and keeps what it has", async () => {
  data.load({ ...view, runs: ["a"] });
  await calls[0].answer(1);
  data.load({ ...view, runs: ["a", "b"] });
  await calls[1].fail();
  expect(data.error?.message).toBe("down");
  expect(data.loading).toBe(false);
  data.load({ ...view, runs: ["a", "b"] });
  expect(calls[2].wanted.runs).toEqual(["b"]);
  await calls[2].answer(3);
  expect(data.error).toBeNull();
  expect([shows("a"), shows("b")]).toEqual([1, 3]);
});

it("keeps some runs that are hidden now, not all that ever were shown", async () => {
  const many = Array.from({ length: 120 }, (_, i) => `r${i}`);
  data.load({ ...view, runs: many });
  await calls[0].answer(1);
  data.load({ ...view, runs: ["new"] });
  await calls[1].answer(2);
  expect(data.series.size).toBe(51);
  data.load({ ...view, runs: ["r0", "r119"] });
  expect(calls[2].wanted.runs).toEqual(["r0"]);
});
