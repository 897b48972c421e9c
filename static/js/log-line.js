/** One line of the console log as elements. */
import { ansiPieces } from "./ansi.js";
import { h } from "./dom.js";
import { count, timeOfDay } from "./formats.js";

/** @import { Piece } from "./ansi.js" */
/** @import { LogLine } from "./log-source.js" */

/** @param {Piece} piece @param {string} text */
function span({ classes, color, ground }, text) {
  if (!classes && !color && !ground) return document.createTextNode(text);
  const node = h("span", { class: classes || null }, text);
  if (color) node.style.color = color;
  if (ground) node.style.backgroundColor = ground;
  return node;
}

/**
 * Cut pieces at the places where a text was found.
 * @param {Piece[]} pieces @param {string} wanted in lower case; "" marks nothing
 * @returns {(Node | string)[]}
 */
function marked(pieces, wanted) {
  const whole = pieces.map(({ text }) => text).join("");
  // A text whose lower case has another length would shift every place.
  const lower = whole.toLowerCase();
  if (!wanted || lower.length !== whole.length) return pieces.map((piece) => span(piece, piece.text));
  /** @type {boolean[]} */
  const inside = Array(whole.length).fill(false);
  for (let at = lower.indexOf(wanted); at >= 0; at = lower.indexOf(wanted, at + wanted.length)) {
    inside.fill(true, at, at + wanted.length);
  }
  const nodes = [];
  let place = 0;
  for (const piece of pieces) {
    for (let start = 0; start < piece.text.length; ) {
      const hit = inside[place + start];
      let end = start + 1;
      while (end < piece.text.length && inside[place + end] === hit) end += 1;
      const node = span(piece, piece.text.slice(start, end));
      nodes.push(hit ? h("mark", null, node) : node);
      start = end;
    }
    place += piece.text.length;
  }
  return nodes;
}

/**
 * @param {LogLine | undefined} line undefined while it is loading
 * @param {{position: number, search: string, current: boolean, fault: boolean}} view `fault`: part of a traceback
 */
export function logRow(line, { position, search, current, fault }) {
  const number = position + 1;
  const row = h("div", { class: "log-line", "data-position": position, role: "listitem" });
  row.classList.toggle("is-current", current);
  row.classList.toggle("is-fault", fault);
  row.classList.toggle("is-stderr", line?.[2] === "stderr");
  const link = h("a", { class: "log-number", href: `#L${number}`, tabindex: -1 }, count(number));
  const time = h("time", { class: "log-time" }, line ? timeOfDay(line[1] * 1000) : "");
  const text = h("span", { class: "log-text" }, ...(line ? marked(ansiPieces(line[3]), search) : []));
  row.append(link, time, text);
  return row;
}

/**
 * Which of some lines belong to a Python traceback: from its first line to the error that ends it.
 * @param {(string | undefined)[]} texts
 * @returns {boolean[]}
 */
export function tracebackLines(texts) {
  let inside = false;
  return texts.map((text) => {
    if (text === undefined) return false;
    if (/^\s*(\+ |\| )?(Exception Group )?Traceback \(most recent call last\):/.test(text)) {
      inside = true;
      return true;
    }
    if (!inside) return false;
    // The first line without indentation names the error and is the last.
    inside = text === "" || /^[\s|+]/.test(text);
    return true;
  });
}
