import { describe, expect, it } from "vitest";
import { csvOf } from "../../static/js/panel-export.js";
import { axisOf, definitionOf, drawnLines, lastFinite, subtitle } from "../../static/js/panel-lines.js";
import { tableSteps } from "../../static/js/panel-table.js";

const run = (/** @type {string} */ uid, number = 1) => ({
  uid,
  id: uid,
  number,
  name: `run ${uid}`,
  state: "finished",
});
const points = (/** @type {number[]} */ x, /** @type {number[]} */ y, means = false) => ({
  x: Float64Array.from(x),
  y: Float32Array.from(y),
  total: x.length,
  means: means ? { x: Float64Array.from(x), y: new Float32Array(y.length).fill(7) } : null,
});

describe("drawnLines", () => {
  it("draws the first run of the list last, on top, and leaves out runs without points", () => {
    const found = new Map([
      ["a", points([0], [1])],
      ["b", null],
      ["c", points([], [])],
      ["d", points([0], [2])],
    ]);
    const { lines } = drawnLines(
      "loss",
      ["a", "b", "c", "d", "e"].map((uid) => run(uid)),
      found,
      0,
    );
    expect(lines.map(({ id }) => id)).toEqual(["d", "a"]);
    expect(lines[0].raw).toBeNull();
  });
  it("smooths the means of buckets, not their kept extremes, and shows those behind", () => {
    const found = new Map([["a", points([0, 1, 2], [0, 100, 0], true)]]);
    const { lines } = drawnLines("loss", [run("a")], found, 0.9);
    expect(Array.from(lines[0].y)).toEqual([7, 7, 7]);
    expect(Array.from(lines[0].raw?.y ?? [])).toEqual([0, 100, 0]);
  });
  it("gives the same smoothed line for the same points, so that it is not drawn again", () => {
    const found = new Map([["a", points([0, 1], [1, 2])]]);
    const first = drawnLines("loss", [run("a")], found, 0.5).lines[0].y;
    expect(drawnLines("loss", [run("a")], found, 0.5).lines[0].y).toBe(first);
    expect(drawnLines("loss", [run("a")], found, 0.6).lines[0].y).not.toBe(first);
  });
  it("draws bytes in their unit and saves them as they were", () => {
    const found = new Map([["a", points([0], [2 ** 31])]]);
    const { lines, unit } = drawnLines("used_bytes", [run("a")], found, 0);
    expect(Array.from(lines[0].y)).toEqual([2]);
    expect(csvOf(lines, "step", unit.factor)).toBe("step,run a\r\n0,2147484000\r\n");
  });
});

it("says what was done to the data", () => {
  const view = { unit: "", log: false, outliers: false, several: true, zoomed: false };
  const { lines } = drawnLines(
    "x",
    [run("a"), run("b")],
    new Map([
      ["a", points([0, 1], [1, 2])],
      ["b", points([0], [1])],
    ]),
    0,
  );
  expect(subtitle(lines, view)).toBe("2 runs");
  expect(subtitle(lines, { ...view, unit: "GiB", log: true, zoomed: true })).toBe("GiB, log, zoomed, 2 runs");
  expect(subtitle([lines[0]], { ...view, several: false })).toBe("1 point");
  expect(subtitle([lines[1]], { ...view, several: false })).toBe("");
  expect(subtitle([], view)).toBe("");
});

it("finds the x axis that a run defined, by name or by pattern", () => {
  const definitions = { "val/*": { step_metric: "epoch" }, "val/acc": { step_metric: "tokens" }, lr: {} };
  expect(definitionOf(definitions, "val/acc")).toEqual({ step_metric: "tokens" });
  expect(definitionOf(definitions, "val/loss")?.step_metric).toBe("epoch");
  expect(definitionOf(definitions, "valley")).toBeUndefined();
  expect(definitionOf(undefined, "lr")).toBeUndefined();
  expect(axisOf("step", "rows", definitions, "val/loss")).toBe("epoch");
  expect(axisOf("time", "rows", definitions, "val/loss")).toBe("time");
  expect(axisOf("step", "rows", definitions, "lr")).toBe("step");
  expect(axisOf("step", "system", definitions, "cpu")).toBe("relative");
});

it("skips what is not finite at the end", () => {
  expect(lastFinite([1, 2, NaN])).toBe(2);
  expect(lastFinite([NaN])).toBeNull();
});

describe("csvOf", () => {
  const lines = (/** @type {string[]} */ ...names) =>
    names.map((name, i) => ({
      id: name,
      name,
      color: "",
      dash: [],
      x: [0, 10 * (i + 1)],
      y: [i + 0.5, NaN],
      raw: null,
    }));
  it("has a row for each x and leaves out what a run has not", () => {
    expect(csvOf(lines("a", "b"), "step")).toBe("step,a,b\r\n0,0.5,1.5\r\n10,NaN,\r\n20,,NaN\r\n");
  });
  it("quotes names, and no name becomes a formula", () => {
    expect(csvOf(lines('a "b", c', "=1+1"), "step").split("\r\n")[0]).toBe(`step,"a ""b"", c",'=1+1`);
  });
  it("gives measured values where lines are smoothed", () => {
    const [line] = lines("a");
    expect(csvOf([{ ...line, raw: { x: [1], y: [3] } }], "step")).toBe("step,a\r\n1,3\r\n");
  });
});

it("spreads the rows of the data table from the first to the last step", () => {
  const line = {
    id: "a",
    name: "a",
    color: "",
    dash: [],
    x: Array.from({ length: 1001 }, (_, i) => i),
    y: [],
    raw: null,
  };
  const steps = tableSteps([line], 11);
  expect(steps).toEqual([0, 100, 200, 300, 400, 500, 600, 700, 800, 900, 1000]);
  expect(
    tableSteps([
      { ...line, x: [3, 1] },
      { ...line, x: [1, 2] },
    ]),
  ).toEqual([1, 2, 3]);
});
