import { beforeEach, expect, it, vi } from "vitest";
import { drawSoon, forgetDraw } from "../../static/js/draw-queue.js";

/** @type {(() => void)[]} */
let frames;
let now = 0;
beforeEach(() => {
  frames = [];
  vi.stubGlobal("requestAnimationFrame", (/** @type {() => void} */ f) => frames.push(f));
  vi.spyOn(performance, "now").mockImplementation(() => now);
});
const nextFrame = () => frames.shift()?.();
const slow = () =>
  vi.fn(() => {
    now += 30;
  });

it("draws once a frame, however often it is asked for", () => {
  const draw = vi.fn();
  for (let i = 0; i < 5; i++) drawSoon(draw, false);
  expect(frames).toHaveLength(1);
  nextFrame();
  expect(draw).toHaveBeenCalledTimes(1);
  expect(frames).toHaveLength(0);
});

it("spreads drawing again over frames, and leaves none out", () => {
  const draws = [slow(), slow(), slow(), slow(), slow()];
  for (const draw of draws) drawSoon(draw, false);
  nextFrame();
  expect(draws.filter((draw) => draw.mock.calls.length)).toHaveLength(2);
  nextFrame();
  nextFrame();
  for (const draw of draws) expect(draw).toHaveBeenCalledTimes(1);
});

it("draws all that is new in one frame", () => {
  const draws = [slow(), slow(), slow(), slow(), slow()];
  for (const draw of draws) drawSoon(draw, true);
  nextFrame();
  for (const draw of draws) expect(draw).toHaveBeenCalledTimes(1);
});

it("forgets what has gone", () => {
  const draw = vi.fn();
  drawSoon(draw, false);
  forgetDraw(draw);
  nextFrame();
  expect(draw).not.toHaveBeenCalled();
});
