import { expect, it } from "vitest";
import { ema } from "../../static/js/smoothing.js";

it("keeps a constant constant, from its first point", () => {
  for (const y of ema([3, 3, 3, 3], 0.99)) expect(y).toBeCloseTo(3, 10);
});

it("gives TensorBoard's figures", () => {
  // s1 = 1; s2 = (0.9·0.1·1 + 0.1·2) / (1 − 0.81); s3 = (0.81·0.1·1 + 0.9·0.1·2 + 0.1·4) / (1 − 0.729)
  const [a, b, c] = ema([1, 2, 4], 0.9);
  expect(a).toBeCloseTo(1, 10);
  expect(b).toBeCloseTo(0.29 / 0.19, 10);
  expect(c).toBeCloseTo(0.661 / 0.271, 10);
});

it("leaves gaps where they are and does not let them spoil what follows", () => {
  const out = ema([1, NaN, 1, Infinity, 1], 0.5);
  expect(out[1]).toBeNaN();
  expect(out[3]).toBe(Infinity);
  expect(out[4]).toBeCloseTo(1, 10);
});

it("is the identity at weight 0", () => {
  expect([...ema([5, 1, 9], 0)]).toEqual([5, 1, 9]);
});
