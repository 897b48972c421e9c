import { expect, it } from "vitest";
import { decodeFrame } from "../../static/js/frame.js";
import { encodeFrame } from "./fixtures/encode.js";

it("gives views of the body, NaN and all, with equal x shared", () => {
  const x = [0, 10, 2 ** 53];
  const buffer = encodeFrame("step", [
    { run: "a", key: "train/loss", x, y: [1.5, NaN, Infinity], total: 1000 },
    { run: "b", key: "train/损失 ✓", x, y: [1, 2, 3] },
  ]);
  const frame = decodeFrame(buffer);
  expect(frame.x).toBe("step");
  expect([...frame.series[0].x]).toEqual(x);
  expect([...frame.series[0].y]).toEqual([1.5, NaN, Infinity]);
  expect(frame.series[0].total).toBe(1000);
  expect(frame.series[1].key).toBe("train/损失 ✓");
  expect(frame.series[1].total).toBe(3);
  expect(frame.series[1].x.byteOffset).toBe(frame.series[0].x.byteOffset);
  expect(frame.series[1].x.buffer).toBe(buffer);
});

it("decodes a frame without series", () => {
  expect(decodeFrame(encodeFrame("time", [])).series).toEqual([]);
});

it("refuses another version and a frame cut short", () => {
  const whole = encodeFrame("step", [{ run: "a", key: "k", x: [1, 2], y: [1, 2] }]);
  expect(() => decodeFrame(whole.slice(0, whole.byteLength - 4))).toThrow(RangeError);
  const text = new TextEncoder().encode('{"v":2,"x":"step","series":[]}  ');
  const other = new Uint8Array(4 + text.length);
  new DataView(other.buffer).setUint32(0, text.length, true);
  other.set(text, 4);
  expect(() => decodeFrame(other.buffer)).toThrow(/version 2/);
});
