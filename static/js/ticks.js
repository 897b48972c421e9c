/**
 * Round ticks, ranges and labels of chart axes. Pure: numbers in, numbers and strings out.
 */
import { duration } from "./formats.js";
import { lang } from "./i18n.js";

/** @typedef {[number, number]} Range */

const MINUS = "−";
const TIME_STEPS = [
  1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 10800, 21600, 43200, 86400, 172800, 604800,
  1209600, 2592000, 7776000, 31536000,
];

/** The smallest of 1, 2, 5 × 10ⁿ that is not below `raw`. @param {number} raw */
function roundStep(raw) {
  const power = 10 ** Math.floor(Math.log10(raw));
  const factor = raw / power;
  return (factor <= 1.0000001 ? 1 : factor <= 2.0000001 ? 2 : factor <= 5.0000001 ? 5 : 10) * power;
}

/**
 * Multiples of `step` inside the range, without the noise of repeated addition.
 * @param {Range} range @param {number} step @param {number} [offset] where the multiples are counted from
 */
function multiples([min, max], step, offset = 0) {
  const ticks = [];
  const slack = step * 1e-6;
  const first = Math.ceil((min - offset - slack) / step);
  for (let i = first; i * step + offset <= max + slack; i++)
    ticks.push(Number((i * step + offset).toPrecision(14)));
  return ticks;
}

/** @param {Range} range @param {number} most at most so many labels */
export function linearTicks(range, most) {
  const span = range[1] - range[0];
  return span > 0 ? multiples(range, roundStep(span / Math.max(1, most - 1))) : [range[0]];
}

/** Values come as 32-bit floats: 0.001 must not need the tick after it. As a share of a step. */
const SLACK = 1e-4;
/** Share of a plot that may stay empty for the sake of ending on ticks. */
const EMPTY_MOST = 0.4;
/** Room above and below the lines where the range does not end on ticks. */
const MARGIN = 0.05;

/** Round steps from below `raw` upwards. @param {number} raw */
function roundSteps(raw) {
  const power = Math.floor(Math.log10(raw));
  return [1, 2, 2.5, 5, 10, 20, 25, 50].map((factor) => Number(`${factor}e${power}`));
}

/** @param {number} low @param {number} high @param {number} step @returns {Range} in whole steps */
const around = (low, high, step) => [Math.floor(low / step + SLACK), Math.ceil(high / step - SLACK)];

/**
 * The smallest round step with which a range widened to whole steps has no more labels than asked.
 * @param {number} low @param {number} high @param {number} most
 */
function snugStep(low, high, most) {
  const steps = roundSteps((high - low) / (most - 1));
  const fits = (/** @type {number} */ step) => {
    const [from, to] = around(low, high, step);
    return to - from <= most - 1;
  };
  return steps.find(fits) ?? steps[steps.length - 1];
}

/**
 * A y range that begins and ends on a tick, or a little beyond the values where ticks would leave much of the plot
 * empty. One value alone is drawn over a range from zero.
 * @param {number} min @param {number} max @param {number} most labels
 * @returns {Range}
 */
export function linearRange(min, max, most) {
  if (!(max >= min)) return [0, 1];
  const flat = max - min <= Math.abs(max) * 1e-6;
  if (flat && max === 0) return [0, 1];
  let [low, high] = [min, max];
  if (flat) [low, high] = max > 0 ? [0, max * 1.05] : [min * 1.05, 0];
  const step = snugStep(low, high, most);
  const [from, to] = around(low, high, step);
  if (high - low < (to - from) * step * (1 - EMPTY_MOST)) {
    const margin = (high - low) * MARGIN;
    return [low - margin, high + margin];
  }
  return [Number((from * step).toPrecision(14)), Number((to * step).toPrecision(14))];
}

/** Ticks of a range made by `linearRange`: as many as there is room for. @param {Range} range @param {number} most */
export function rangeTicks([low, high], most) {
  if (!(high > low)) return [low];
  const steps = roundSteps((high - low) / (most - 1));
  const onEnds = steps.find((step) => {
    const [from, to] = around(low, high, step);
    return to - from <= most - 1 && Math.abs((to - from) * step - (high - low)) < step * SLACK;
  });
  const fitting = steps.find((step) => multiples([low, high], step).length <= most);
  return multiples([low, high], onEnds ?? fitting ?? high - low);
}

/** What ticks of a log axis may be, in each decade: as fine as the number of labels allows. */
const MANTISSAS = [[1, 2, 5], [1, 3], [1]];

/** @param {number} min above 0 @param {number} max @param {number[]} mantissas */
function decadeTicks(min, max, mantissas) {
  const ticks = [];
  const last = Math.ceil(Math.log10(max) + 1e-9);
  for (let power = Math.floor(Math.log10(min) - 1e-9); power <= last; power++) {
    for (const m of mantissas) {
      const tick = Number(`${m}e${power}`);
      if (tick >= min * 0.999999 && tick <= max * 1.000001) ticks.push(tick);
    }
  }
  return ticks;
}

/** @param {Range} range @param {number} most labels */
export function logTicks([min, max], most) {
  for (const mantissas of MANTISSAS) {
    const ticks = decadeTicks(min, max, mantissas);
    if (ticks.length <= most) return ticks;
  }
  const decades = decadeTicks(min, max, [1]);
  const stride = Math.ceil(decades.length / most);
  return decades.filter((_, i) => i % stride === 0);
}

/** @param {number} min @param {number} max @param {number[]} mantissas @returns {Range} between the two nearest ticks */
function logBounds(min, max, mantissas) {
  const ticks = decadeTicks(min / 10, max * 10, mantissas);
  const low = ticks.findLast((tick) => tick <= min * 1.000001) ?? min;
  const high = ticks.find((tick) => tick >= max * 0.999999) ?? max;
  return [low, high];
}

/**
 * A range that ends on ticks, or on 1, 2 or 5 where those would leave much of the plot empty.
 * @param {number} min above 0 @param {number} max @param {number} most labels
 * @returns {Range}
 */
export function logRange(min, max, most) {
  if (!(max >= min) || min <= 0) return [0.1, 10];
  const finest = logBounds(min, max, MANTISSAS[0]);
  if (finest[0] === finest[1]) return [finest[0] / 2, finest[1] * 2];
  for (const mantissas of MANTISSAS) {
    const [low, high] = logBounds(min, max, mantissas);
    if (decadeTicks(low, high, mantissas).length > most) continue;
    const empty = 1 - Math.log(max / min) / Math.log(high / low);
    return empty > EMPTY_MOST / 2 ? finest : [low, high];
  }
  return finest;
}

/** @param {Range} range in seconds @param {number} most */
function timeStep([min, max], most) {
  const raw = (max - min) / Math.max(1, most - 1);
  return TIME_STEPS.find((step) => step >= raw) ?? roundStep(raw / 31536000) * 31536000;
}

/** @param {Range} range seconds of a run @param {number} most */
export function relativeTicks(range, most) {
  const span = range[1] - range[0];
  if (span < 5) return linearTicks(range, most);
  return multiples(range, timeStep(range, most));
}

/** Ticks at round local times. @param {Range} range Unix seconds @param {number} most @param {number} [zoneS] */
export function timeTicks(range, most, zoneS = -new Date(range[0] * 1000).getTimezoneOffset() * 60) {
  const span = range[1] - range[0];
  if (span < 1) return [range[0]];
  return multiples(range, timeStep(range, most), -zoneS);
}

/** @param {number} n */
function scaled(n) {
  const size = Math.abs(n);
  const [unit, name] =
    size >= 1e12 ? [1e12, "T"] : size >= 1e9 ? [1e9, "B"] : size >= 1e6 ? [1e6, "M"] : [1e3, "k"];
  return `${n < 0 ? MINUS : ""}${Number((size / unit).toPrecision(6))}${name}`;
}

/** @param {number} n @param {number} decimals */
function plain(n, decimals) {
  const digits = Math.abs(n).toFixed(decimals);
  const [whole, rest] = digits.split(".");
  const commas = whole.length > 4 ? whole.replace(/\B(?=(\d{3})+$)/g, ",") : whole;
  return (n < 0 ? MINUS : "") + (rest === undefined ? commas : `${commas}.${rest}`);
}

/** @param {number} n */
function tiny(n) {
  const [mantissa, power] = Math.abs(n).toExponential(1).split("e");
  return `${n < 0 ? MINUS : ""}${Number(mantissa)}e${power.replace("-", MINUS).replace("+", "")}`;
}

/**
 * Labels of a number axis: 40k, 1M; evenly spaced ticks share their decimals.
 * @param {number[]} ticks @param {boolean} [log] each tick then has its own decimals
 */
export function numberLabels(ticks, log = false) {
  const step = ticks.length > 1 ? Math.abs(ticks[1] - ticks[0]) : Math.abs(ticks[0] ?? 1);
  const own = (/** @type {number} */ v) => Math.max(0, -Math.floor(Math.log10(v) + 1e-9));
  // 0.25 needs one more than its size says.
  const fine = (/** @type {number} */ v) => own(v) + (Math.abs((v * 10 ** own(v)) % 1) > 1e-6 ? 1 : 0);
  const decimals = step > 0 ? fine(Number(step.toPrecision(6))) : 0;
  return ticks.map((v) => {
    if (v === 0) return "0";
    const size = Math.abs(v);
    if (size >= 1000 && (log || step >= 100)) return scaled(v);
    if (log) return size < 1e-3 ? tiny(v) : plain(v, own(size));
    return decimals > 4 ? tiny(v) : plain(v, decimals);
  });
}

/** @param {number[]} ticks seconds of a run */
export function relativeLabels(ticks) {
  const step = ticks.length > 1 ? ticks[1] - ticks[0] : 1;
  const last = Math.max(...ticks.map(Math.abs), 0);
  const zh = lang() === "zh";
  const unit =
    last >= 172800 && step >= 43200 ? 86400 : last >= 7200 && step >= 1800 ? 3600 : step >= 60 ? 60 : 1;
  const names = zh
    ? { 86400: "天", 3600: "小时", 60: "分", 1: "秒" }
    : { 86400: "d", 3600: "h", 60: "min", 1: "s" };
  return ticks.map((v) => (v === 0 ? "0" : `${Number((v / unit).toFixed(2))} ${names[unit]}`));
}

/** @param {number[]} ticks Unix seconds @param {string} [zone] */
export function timeLabels(ticks, zone) {
  const step = ticks.length > 1 ? ticks[1] - ticks[0] : 60;
  const locale = lang() === "zh" ? "zh-CN" : "en-US";
  const clock = new Intl.DateTimeFormat("en-GB", {
    timeZone: zone,
    hour: "2-digit",
    minute: "2-digit",
    second: step < 60 ? "2-digit" : undefined,
  });
  const day = new Intl.DateTimeFormat(locale, { timeZone: zone, month: "short", day: "numeric" });
  return ticks.map((v) => {
    const at = new Date(v * 1000);
    const time = clock.format(at);
    return step >= 86400 || (time === "00:00" && step >= 3600) ? day.format(at) : time;
  });
}

/** @typedef {"step" | "relative" | "time" | string} XKind a fixed axis, or a metric key */

/** @param {XKind} kind @param {Range} range @param {number} most */
export function xTicks(kind, range, most) {
  if (kind === "time") return timeTicks(range, most);
  return kind === "relative" ? relativeTicks(range, most) : linearTicks(range, most);
}

/** @param {XKind} kind @param {number[]} ticks */
export function xLabels(kind, ticks) {
  if (kind === "time") return timeLabels(ticks);
  return kind === "relative" ? relativeLabels(ticks) : numberLabels(ticks);
}

/** One x in words, for the cross-hair label and the tooltip. @param {XKind} kind @param {number} x */
export function xWords(kind, x) {
  if (kind === "time") return timeLabels([x, x + 1])[0];
  if (kind === "relative") return duration(x);
  if (!Number.isInteger(x)) return String(Number(x.toPrecision(6))).replace("-", MINUS);
  return plain(x, 0).replace(/^(−?\d)(\d{3})$/, "$1,$2");
}
