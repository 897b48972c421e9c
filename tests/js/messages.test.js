import { readdirSync, readFileSync } from "node:fs";
import { expect, it } from "vitest";

const js = new URL("../../static/js/", import.meta.url);
const list = new URL("../../apps/core/js_messages.py", import.meta.url);

/** @param {string} text @param {RegExp} pattern */
const strings = (text, pattern) => [...text.matchAll(pattern)].map((match) => JSON.parse(`"${match[1]}"`));

const sources = readdirSync(js)
  .filter((name) => name.endsWith(".js"))
  .map((name) => ({ name, text: readFileSync(new URL(name, js), "utf8") }));
const used = new Set(sources.flatMap(({ text }) => strings(text, /\bt\(\s*"((?:[^"\\]|\\.)*)"/g)));
const listed = strings(readFileSync(list, "utf8"), /\b_\(\s*"((?:[^"\\]|\\.)*)"/g);

it("lists every sentence of the elements for the translators, and none that is gone", () => {
  expect([...used].sort()).toEqual([...listed].sort());
});

it("translates whole sentences only: no variable as msgid", () => {
  for (const { name, text } of sources) {
    const calls = [...text.matchAll(/(?<![\w.#])t\(\s*(?!["\s])/g)];
    // i18n.js itself declares t(msgid, …).
    expect(calls.length, name).toBe(name === "i18n.js" ? 1 : 0);
  }
});
