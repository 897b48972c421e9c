import { describe, expect, it } from "vitest";
import * as plot from "../../static/js/plot-path.js";

const plane = { x0: 0, x1: 100, y0: 0, y1: 10, log: false, left: 0, top: 0, width: 100, height: 100 };

function recorder() {
  /** @type {string[]} */
  const strokes = [];
  return {
    strokes,
    moveTo: (/** @type {number} */ x, /** @type {number} */ y) => strokes.push(`M${x},${y}`),
    lineTo: (/** @type {number} */ x, /** @type {number} */ y) => strokes.push(`L${x},${y}`),
  };
}

describe("trace", () => {
  it("joins points and never crosses a gap", () => {
    const pen = recorder();
    const { dots, breaks } = plot.trace(pen, [0, 10, 20, 30, 40], [1, 2, NaN, 4, 5], plane);
    expect(pen.strokes).toEqual(["M0,90", "L10,80", "M30,60", "L40,50"]);
    expect(dots).toEqual([]);
    expect(breaks).toEqual([[20, NaN]]);
  });
  it("begins with a gap without losing what follows", () => {
    const pen = recorder();
    plot.trace(pen, [0, 10, 20], [NaN, 2, 3], plane);
    expect(pen.strokes).toEqual(["M10,80", "L20,70"]);
  });
  it("gives a lone point as a dot", () => {
    expect(plot.trace(recorder(), [50], [5], plane).dots).toEqual([[50, 50]]);
    expect(plot.trace(recorder(), [0, 50, 60, 90], [1, NaN, 5, Infinity], plane).dots).toHaveLength(2);
  });
  it("keeps a spike inside one pixel column", () => {
    const xs = Float64Array.from({ length: 1000 }, (_, i) => 50 + i / 1001);
    const ys = new Float32Array(1000).fill(5);
    ys[500] = 9;
    const pen = recorder();
    const { dots } = plot.trace(pen, xs, ys, plane);
    expect(pen.strokes).toContain("L50,10");
    expect(pen.strokes.length).toBeLessThan(6);
    expect(dots).toEqual([]);
  });
  it("draws to the points just outside, so that lines leave the plot at its edge", () => {
    const pen = recorder();
    plot.trace(pen, [0, 40, 60, 100], [0, 4, 6, 10], { ...plane, x0: 45, x1: 55 });
    expect(pen.strokes.map((stroke) => stroke[0])).toEqual(["M", "L"]);
  });
  it("leaves out what a log scale cannot show", () => {
    const pen = recorder();
    const { breaks } = plot.trace(pen, [0, 10, 20, 30], [1, 0, -1, 10], { ...plane, log: true, y1: 1 });
    expect(pen.strokes).toEqual(["M0,100", "M30,0"]);
    expect(breaks).toEqual([]);
  });
});

it("finds the nearest point", () => {
  const xs = [0, 10, 20];
  expect([-5, 4, 5, 6, 14, 99].map((x) => plot.nearestIndex(xs, x))).toEqual([0, 0, 0, 1, 1, 2]);
  expect(plot.nearestIndex([], 1)).toBe(-1);
});

it("takes extents of what can be drawn only", () => {
  const xs = [0, 1, 2, 3, 4];
  expect(plot.extent(xs, [9, 1, NaN, Infinity, 3], 1, 4, false)).toEqual([1, 3]);
  expect(plot.extent(xs, [0, -1, 2, 3, 4], 0, 4, true)).toEqual([2, 4]);
  expect(plot.extent(xs, [1, 1, 1, 1, 1], 7, 9, false)).toEqual([Infinity, -Infinity]);
});

it("leaves one spike in a hundred out of the middle extent", () => {
  const x = Array.from({ length: 200 }, (_, i) => i);
  const y = x.map((i) => (i === 0 ? 1000 : i / 100));
  const [low, high] = plot.middleExtent([{ x, y }], 0, 199, false);
  expect(high).toBeLessThan(3);
  expect(low).toBeLessThan(0.1);
});
