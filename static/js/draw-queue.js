/**
 * When panels are drawn: once a frame however often it is asked for; new pictures all together, so that the page is
 * there at once; old ones that change a few in each frame, so that a live page does not stutter.
 */

/** Time of one frame that drawing again may take. */
const BUDGET_MS = 40;

/** Whether a drawing is new. @type {Map<() => void, boolean>} */
const waiting = new Map();
let frame = 0;

function run() {
  frame = 0;
  const end = performance.now() + BUDGET_MS;
  for (const [draw, isNew] of waiting) {
    if (!isNew && performance.now() > end) continue;
    waiting.delete(draw);
    draw();
  }
  if (waiting.size) frame = requestAnimationFrame(run);
}

/** @param {() => void} draw called in one of the next frames @param {boolean} isNew nothing is drawn there yet */
export function drawSoon(draw, isNew) {
  waiting.set(draw, isNew);
  if (!frame) frame = requestAnimationFrame(run);
}

/** @param {() => void} draw */
export function forgetDraw(draw) {
  waiting.delete(draw);
}
