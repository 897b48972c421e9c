import { expect, it } from "vitest";
import { ema } from "../../static/js/smoothing.js";

/** @param {number} n @param {number} [step] */
const steps = (n, step = 1) => Float64Array.from({ length: n }, (_, i) => i * step);

it("keeps a constant constant, from its first point", () => {
  for (const y of ema(steps(4), [3, 3, 3, 3], 0.99, 1000)) expect(y).toBeCloseTo(3, 10);
});

it("gives TensorBoard's figures where a point is a thousandth of the plot", () => {
  // s1 = 1; s2 = (0.9·0.1·1 + 0.1·2) / (1 − 0.81); s3 = (0.81·0.1·1 + 0.9·0.1·2 + 0.1·4) / (1 − 0.729)
  const [a, b, c] = ema(steps(3), [1, 2, 4], 0.9, 1000);
  expect(a).toBeCloseTo(1, 10);
  expect(b).toBeCloseTo(0.29 / 0.19, 10);
  expect(c).toBeCloseTo(0.661 / 0.271, 10);
});

it("smooths as wide on the plot, however often a metric was logged", () => {
  const lag = (/** @type {number} */ every) => {
    const xs = steps(1 + 10000 / every, every);
    return 10000 - Number(ema(xs, xs, 0.95, 10000).at(-1));
  };
  // A plain EMA would lag by 19 points: 95, 190 and 3,800.
  expect(lag(5)).toBeGreaterThan(180);
  expect(lag(10)).toBeCloseTo(190, 0);
  expect(lag(200)).toBeLessThan(150);
});

it("leaves gaps where they are and does not let them spoil what follows", () => {
  const out = ema(steps(5), [1, NaN, 1, Infinity, 1], 0.5, 1000);
  expect(out[1]).toBeNaN();
  expect(out[3]).toBe(Infinity);
  expect(out[4]).toBeCloseTo(1, 10);
});

it("is the identity at weight 0, and takes points of one x and a plot without width", () => {
  expect([...ema(steps(3), [5, 1, 9], 0, 3)]).toEqual([5, 1, 9]);
  expect([...ema([7, 7], [1, 3], 0.5, 0)]).toEqual([1, 2]);
});
