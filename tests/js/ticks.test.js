import { describe, expect, it } from "vitest";
import * as ticks from "../../static/js/ticks.js";

describe("ranges", () => {
  it("begin and end on a tick", () => {
    expect(ticks.linearRange(2.43, 3.17, 6)).toEqual([2.4, 3.2]);
    expect(ticks.linearRange(51, 63.7, 6)).toEqual([50, 65]);
    expect(ticks.linearRange(-0.3, 0.9, 6)).toEqual([-0.5, 1]);
    expect(ticks.linearRange(2.46, 3.9, 8)).toEqual([2.25, 4]);
  });
  it("never need more labels than asked, and show all values", () => {
    for (const [min, max] of [
      [0.11, 9.99],
      [-7, 13],
      [99.5, 100.5],
      [1e-9, 3e-9],
      [0, 1e12],
      [-0.01, 1.002],
    ]) {
      for (const most of [3, 4, 5, 6, 8]) {
        const range = ticks.linearRange(min, max, most);
        const slack = (max - min) * 1e-3;
        expect(range[0]).toBeLessThanOrEqual(min + slack);
        expect(range[1]).toBeGreaterThanOrEqual(max - slack);
        expect(max - min).toBeGreaterThan((range[1] - range[0]) * 0.55);
        const found = ticks.rangeTicks(range, most);
        expect(found.length).toBeLessThanOrEqual(most);
        expect(found.length).toBeGreaterThanOrEqual(2);
        expect(found[0]).toBeGreaterThanOrEqual(range[0] - slack);
        expect(found[found.length - 1]).toBeLessThanOrEqual(range[1] + slack);
      }
    }
  });
  it("take a 32-bit float for the number it stands for", () => {
    expect(ticks.linearRange(0, Math.fround(0.001), 4)).toEqual([0, 0.001]);
  });
  it("do not leave much of the plot empty", () => {
    expect(ticks.linearRange(-0.002, 1.003, 4)[1]).toBeLessThan(1.1);
    expect(ticks.rangeTicks(ticks.linearRange(-0.002, 1.003, 4), 4)).toEqual([0, 0.5, 1]);
  });
  it("of one value start at zero", () => {
    expect(ticks.linearRange(11, 11, 5)[0]).toBe(0);
    expect(ticks.linearRange(11, 11, 5)[1]).toBeGreaterThan(11);
    expect(ticks.linearRange(-2, -2, 5)[1]).toBe(0);
    expect(ticks.linearRange(0, 0, 5)).toEqual([0, 1]);
    expect(ticks.linearRange(Infinity, -Infinity, 5)).toEqual([0, 1]);
  });
  it("on a log axis end on 1, 2 or 5", () => {
    expect(ticks.logRange(0.22, 4.9, 6)).toEqual([0.2, 5]);
    expect(ticks.logRange(1, 1, 6)).toEqual([0.5, 2]);
    expect(ticks.logRange(3e-9, 0.8, 6)).toEqual([2e-9, 1]);
    expect(ticks.logRange(1.1, 290, 6)).toEqual([1, 300]);
    expect(ticks.logRange(0.09, 3.5, 6)).toEqual([0.05, 5]);
    expect(ticks.logRange(2.4, 150, 4)).toEqual([2, 200]);
    for (const range of [
      ticks.logRange(0.09, 3.5, 6),
      ticks.logRange(2.4, 150, 4),
      ticks.logRange(1, 1.01, 4),
    ]) {
      const found = ticks.logTicks(range, 6);
      expect(found.length).toBeGreaterThanOrEqual(2);
      expect(found.length).toBeLessThanOrEqual(6);
    }
  });
});

describe("ticks", () => {
  it("on a log axis thin out with the decades", () => {
    expect(ticks.logTicks([0.2, 5], 6)).toEqual([0.2, 0.5, 1, 2, 5]);
    expect(ticks.logTicks([1e-3, 1], 6)).toEqual([1e-3, 1e-2, 1e-1, 1]);
    expect(ticks.logTicks([1e-12, 1], 6).length).toBeLessThanOrEqual(6);
  });
  it("of times stand on round local times", () => {
    const noon = Date.UTC(2026, 10, 18, 12) / 1000;
    expect(ticks.timeTicks([noon + 60, noon + 4 * 3600], 6, 0)).toEqual(
      [1, 2, 3, 4].map((h) => noon + h * 3600),
    );
    // In India noon UTC is half past five, and the round hours are at half hours of UTC.
    expect(ticks.timeTicks([noon, noon + 7200], 4, 19800)[0]).toBe(noon + 1800);
  });
  it("of run time are minutes and hours", () => {
    expect(ticks.relativeTicks([0, 7000], 5)).toEqual([0, 1800, 3600, 5400]);
  });
});

describe("labels", () => {
  it("share their decimals on a linear axis", () => {
    expect(ticks.numberLabels([2.4, 2.6, 2.8, 3, 3.2])).toEqual(["2.4", "2.6", "2.8", "3.0", "3.2"]);
    expect(ticks.numberLabels([0, 20000, 40000])).toEqual(["0", "20k", "40k"]);
    expect(ticks.numberLabels([0, 500, 1000, 1500])).toEqual(["0", "500", "1k", "1.5k"]);
    expect(ticks.numberLabels([12340, 12345, 12350])).toEqual(["12,340", "12,345", "12,350"]);
    expect(ticks.numberLabels([0, 2e-5, 4e-5])).toEqual(["0", "2e−5", "4e−5"]);
    expect(ticks.numberLabels([-0.5, 0, 0.5])).toEqual(["−0.5", "0", "0.5"]);
    expect(ticks.numberLabels([2.25, 2.5, 2.75])).toEqual(["2.25", "2.50", "2.75"]);
    expect(ticks.numberLabels([0.3, 0.6000000000000001, 0.9])).toEqual(["0.3", "0.6", "0.9"]);
    expect(ticks.numberLabels([1.5e6, 2e6])).toEqual(["1.5M", "2M"]);
  });
  it("have their own on a log axis", () => {
    expect(ticks.numberLabels([0.2, 0.5, 1, 2, 5], true)).toEqual(["0.2", "0.5", "1", "2", "5"]);
    expect(ticks.numberLabels([1e-6, 1e-3, 1, 1e3], true)).toEqual(["1e−6", "0.001", "1", "1k"]);
  });
  it("of time show the day at midnight", () => {
    const midnight = Date.UTC(2026, 10, 18) / 1000;
    expect(ticks.timeLabels([midnight - 21600, midnight, midnight + 21600], "UTC")).toEqual([
      "18:00",
      "Nov 18",
      "06:00",
    ]);
  });
  it("of run time take one unit", () => {
    expect(ticks.relativeLabels([0, 1800, 3600, 5400])).toEqual(["0", "30 min", "60 min", "90 min"]);
    expect(ticks.relativeLabels([0, 7200, 14400])).toEqual(["0", "2 h", "4 h"]);
    expect(ticks.relativeLabels([0, 10, 20])).toEqual(["0", "10 s", "20 s"]);
  });
});

it("says one x in words", () => {
  expect(ticks.xWords("step", 40000)).toBe("40,000");
  expect(ticks.xWords("step", 4000)).toBe("4,000");
  expect(ticks.xWords("relative", 7200)).toBe("2 h 00 m");
  expect(ticks.xWords("epoch", 2.5)).toBe("2.5");
});
