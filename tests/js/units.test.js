import { expect, it } from "vitest";
import { inUnit, unitOf } from "../../static/js/units.js";

const series = (/** @type {number[]} */ ...y) => ({
  x: Float64Array.from(y.keys()),
  y: Float32Array.from(y),
  total: y.length,
  means: { x: Float64Array.of(0), y: Float32Array.of(y[0]) },
});

it("draws bytes in the unit of the largest value", () => {
  expect(unitOf("memory/used_bytes", [series(3e8), series(3.3e9, NaN)])).toEqual({
    factor: 2 ** -30,
    name: "GiB",
  });
  expect(unitOf("process/memory_bytes", [series(5e6)])).toEqual({ factor: 2 ** -20, name: "MiB" });
  expect(unitOf("bytes", [series(0)])).toEqual({ factor: 1, name: "B" });
  expect(unitOf("bytes", [])).toEqual({ factor: 1, name: "B" });
});

it("names other units and leaves their values", () => {
  expect(unitOf("cpu/percent", [series(50)])).toEqual({ factor: 1, name: "%" });
  expect(unitOf("train/loss", [series(50)])).toEqual({ factor: 1, name: "" });
});

it("scales lines and means once", () => {
  const raw = series(2 ** 31, NaN);
  const drawn = inUnit(raw, 2 ** -30);
  expect([...drawn.y]).toEqual([2, NaN]);
  expect(drawn.means?.y[0]).toBe(2);
  expect(inUnit(raw, 2 ** -30)).toBe(drawn);
  expect(inUnit(raw, 1)).toBe(raw);
});
