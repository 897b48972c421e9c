/**
 * Numbers and times as every page writes them. The server's template filters give the same strings: both are
 * checked against tests/formats.json. Missing is "–", minus is "−" (U+2212), a space stands before a unit.
 */
import { lang } from "./i18n.js";

/** @typedef {"en" | "zh"} Lang */

export const MISSING = "–";
const MINUS = "−";
const WORDS = {
  en: { ms: "ms", s: "s", min: "min", m: "m", h: "h", d: "d" },
  zh: { ms: "毫秒", s: "秒", min: "分钟", m: "分", h: "小时", d: "天" },
};

/** @param {string} digits a plain decimal number */
function group(digits) {
  const [whole, rest] = digits.split(".");
  const commas = whole.replace(/\B(?=(\d{3})+$)/g, ",");
  return rest === undefined ? commas : `${commas}.${rest}`;
}

/** @param {number} n @param {number} decimals */
function fixed(n, decimals) {
  const digits = group(Math.abs(n).toFixed(decimals));
  return n < 0 && /[1-9]/.test(digits) ? MINUS + digits : digits;
}

/** @param {number} n */
function exponent(n) {
  const [mantissa, power] = Math.abs(n).toExponential(2).split("e");
  const sign = power.startsWith("-") ? MINUS : "";
  return `${n < 0 ? MINUS : ""}${Number(mantissa)}e${sign}${power.slice(1)}`;
}

/** A count with thousands commas. @param {number | null | undefined} n */
export function count(n) {
  return n === null || n === undefined ? MISSING : fixed(Math.round(n), 0);
}

/**
 * How many decimals show `n` well; null asks for an exponent.
 * @param {number} n
 */
function decimalsOf(n) {
  const size = Math.abs(n);
  if (size >= 1e15) return null;
  if (Number.isInteger(n)) return 0;
  if (size >= 100) return 1;
  if (size >= 10) return 2;
  return size >= 0.001 ? 4 : null;
}

/**
 * One number of decimals for a column, from its largest value; undefined lets each value choose.
 * @param {Iterable<unknown>} column
 */
export function columnDecimals(column) {
  let largest = 0;
  let whole = true;
  for (const item of column) {
    if (typeof item !== "number" || !Number.isFinite(item)) continue;
    if (!Number.isInteger(item)) whole = false;
    largest = Math.max(largest, Math.abs(item));
  }
  if (whole || largest >= 1e15 || largest < 0.001) return undefined;
  return largest >= 100 ? 1 : largest >= 10 ? 2 : 4;
}

/**
 * A metric value for tables and tooltips. "NaN", "Infinity" and "-Infinity" may come as strings, as JSON has them.
 * @param {unknown} v
 * @param {number} [decimals] fixed, where a column needs one number of decimals
 */
export function value(v, decimals) {
  if (v === null || v === undefined) return MISSING;
  const special = { NaN: "NaN", Infinity: "∞", "-Infinity": `${MINUS}∞` }[String(v)];
  if (special) return special;
  if (typeof v !== "number") return typeof v === "object" ? JSON.stringify(v) : String(v);
  const places = decimals ?? decimalsOf(v);
  return places === null ? exponent(v) : fixed(v, places);
}

/** A learning rate in a table: 3e−3. @param {number | null | undefined} v */
export function rate(v) {
  if (v === null || v === undefined) return MISSING;
  return v !== 0 && Math.abs(v) < 0.1 ? exponent(v) : String(v).replace("-", MINUS);
}

/** A signed difference to a baseline. @param {number | null} v @param {number} decimals */
export function difference(v, decimals) {
  if (v === null) return MISSING;
  if (v === 0) return "0";
  return v > 0 ? `+${fixed(v, decimals)}` : fixed(v, decimals);
}

/** @param {number | null} v already in percent @param {number} [decimals] */
export function percent(v, decimals = 2) {
  return v === null ? MISSING : `${fixed(v, decimals)} %`;
}

/** @param {number} p */
export function pvalue(p) {
  if (p < 0.001) return "< 0.001";
  return p.toFixed(p < 0.1 ? 3 : 2);
}

/** A large amount: 8.8 B, 411.8 k. @param {number | null} n */
export function amount(n) {
  if (n === null) return MISSING;
  const units = ["", " k", " M", " B", " T"];
  let size = Math.abs(n);
  let unit = 0;
  // 999.95 would print as "1000.0": it belongs to the next unit.
  while (size >= 999.95 && unit < units.length - 1) {
    size /= 1000;
    unit += 1;
  }
  if (unit === 0) return value(n);
  return `${n < 0 ? MINUS : ""}${Number(size.toFixed(1))}${units[unit]}`;
}

/** @param {number | null} n @param {number} base @param {string[]} units */
function sized(n, base, units) {
  if (n === null) return MISSING;
  let size = n;
  let unit = 0;
  while (size >= base - 0.5 && unit < units.length - 1) {
    size /= base;
    unit += 1;
  }
  if (unit === 0) return `${Math.round(size)} B`;
  return `${size.toFixed(size < 9.995 ? 2 : size < 99.95 ? 1 : 0)} ${units[unit]}`;
}

/** Memory, binary units. @param {number | null} bytes */
export function memory(bytes) {
  return sized(bytes, 1024, ["B", "KiB", "MiB", "GiB", "TiB", "PiB"]);
}

/** Disk, decimal units. @param {number | null} bytes */
export function storage(bytes) {
  return sized(bytes, 1000, ["B", "kB", "MB", "GB", "TB", "PB"]);
}

/** @param {number} n */
const two = (n) => String(n).padStart(2, "0");

/** A span of time, two parts at most, rounded down. @param {number | null | undefined} seconds @param {Lang} [language] */
export function duration(seconds, language = lang()) {
  if (seconds === null || seconds === undefined) return MISSING;
  const w = WORDS[language];
  if (seconds <= 0) return `0 ${w.s}`;
  if (seconds < 1) return `${Math.floor(seconds * 1000 + 1e-6)} ${w.ms}`;
  if (seconds < 10) return `${(Math.floor(seconds * 10 + 1e-6) / 10).toFixed(1)} ${w.s}`;
  const s = Math.floor(seconds);
  if (s < 60) return `${s} ${w.s}`;
  const minutes = Math.floor(s / 60);
  if (s < 600 && s % 60) return `${minutes} ${language === "zh" ? w.m : w.min} ${two(s % 60)} ${w.s}`;
  if (minutes < 60) return `${minutes} ${w.min}`;
  if (minutes < 1440) return `${Math.floor(minutes / 60)} ${w.h} ${two(minutes % 60)} ${w.m}`;
  const hours = Math.floor(minutes / 60);
  return `${Math.floor(hours / 24)} ${w.d} ${two(hours % 24)} ${w.h}`;
}

/** A running clock: 0:42, 1:02:03. @param {number} seconds */
export function clock(seconds) {
  const s = Math.max(0, Math.floor(seconds));
  const tail = two(s % 60);
  return s < 3600
    ? `${Math.floor(s / 60)}:${tail}`
    : `${Math.floor(s / 3600)}:${two(Math.floor(s / 60) % 60)}:${tail}`;
}

/** Local calendar parts of an instant. @param {Date} date @param {string} [zone] IANA name, default the browser's */
function parts(date, zone) {
  const format = new Intl.DateTimeFormat("en-US", {
    timeZone: zone,
    year: "numeric",
    month: "short",
    day: "numeric",
    hour: "2-digit",
    minute: "2-digit",
    second: "2-digit",
    hourCycle: "h23",
  });
  const found = Object.fromEntries(format.formatToParts(date).map((part) => [part.type, part.value]));
  const month = 1 + "JanFebMarAprMayJunJulAugSepOctNovDec".indexOf(found.month) / 3;
  return { ...found, monthNumber: month, day: found.day, year: found.year, month: found.month };
}

/**
 * A day and time: "Nov 18, 15:32"; another year's without the time.
 * @param {string | number | Date} then @param {string | number | Date} [now] @param {Lang} [language] @param {string} [zone]
 */
export function moment(then, now = Date.now(), language = lang(), zone = undefined) {
  const at = /** @type {Record<string, any>} */ (parts(new Date(then), zone));
  const here = parts(new Date(now), zone);
  const time = `${at.hour}:${at.minute}`;
  if (language === "zh") {
    const day = `${at.monthNumber} 月 ${at.day} 日`;
    return at.year === here.year ? `${day} ${time}` : `${at.year} 年 ${day}`;
  }
  const day = `${at.month} ${at.day}`;
  return at.year === here.year ? `${day}, ${time}` : `${day}, ${at.year}`;
}

/** Time of day with seconds, local. @param {number} ms @param {string} [zone] */
export function timeOfDay(ms, zone) {
  const at = /** @type {Record<string, any>} */ (parts(new Date(ms), zone));
  return `${at.hour}:${at.minute}:${at.second}`;
}

/**
 * How long ago: "2 s ago", "4 min ago", "1 h ago", "yesterday", then the day and time.
 * @param {string | number | Date | null | undefined} then @param {string | number | Date} [now]
 * @param {Lang} [language] @param {string} [zone]
 */
export function ago(then, now = Date.now(), language = lang(), zone = undefined) {
  if (then === null || then === undefined || then === "") return MISSING;
  const zh = language === "zh";
  const s = (new Date(now).getTime() - new Date(then).getTime()) / 1000;
  // A clock that is a little ahead must not give "in 3 s".
  if (s < 2) return zh ? "刚刚" : "just now";
  if (s < 60) return zh ? `${Math.floor(s)} 秒前` : `${Math.floor(s)} s ago`;
  if (s < 3600) return zh ? `${Math.floor(s / 60)} 分钟前` : `${Math.floor(s / 60)} min ago`;
  const day = (/** @type {Date} */ date) => {
    const { year, monthNumber, day: number } = parts(date, zone);
    return Date.UTC(Number(year), monthNumber - 1, Number(number)) / 86400e3;
  };
  const days = day(new Date(now)) - day(new Date(then));
  if (days === 0 || s < 12 * 3600) {
    return zh ? `${Math.floor(s / 3600)} 小时前` : `${Math.floor(s / 3600)} h ago`;
  }
  if (days === 1) return zh ? "昨天" : "yesterday";
  return moment(then, now, language, zone);
}
