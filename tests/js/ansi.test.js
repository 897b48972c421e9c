import { expect, it } from "vitest";
import { ansiPieces, ansiText } from "../../static/js/ansi.js";

const seen = (/** @type {string} */ line) =>
  ansiPieces(line).map(({ text, classes, color }) => [text, color ?? classes]);

it("reads named, 256 and true colours, and their ends", () => {
  expect(seen("a \x1b[33mWARN\x1b[0m b")).toEqual([
    ["a ", ""],
    ["WARN", "fg-yellow"],
    [" b", ""],
  ]);
  expect(seen("\x1b[1;91mx\x1b[22;39my")).toEqual([
    ["x", "fg-bright-red bold"],
    ["y", ""],
  ]);
  expect(seen("\x1b[38;5;208mx\x1b[38;5;244my\x1b[38;2;1;2;300mz")).toEqual([
    ["x", "#ff8700"],
    ["y", "#808080"],
    ["z", "#0102ff"],
  ]);
  expect(seen("\x1b[7mx")).toEqual([["x", "fg-ground bg-text"]]);
  expect(seen("\x1b[mx")).toEqual([["x", ""]]);
});

it("drops cursor moves, titles, links and stray escapes, not their text", () => {
  expect(ansiText("\x1b[2K\x1b[1Ghello\x1b]0;title\x07 \x1b]8;;http://x\x1b\\link\x1b]8;;\x1b\\\x1b(")).toBe(
    "hello link(",
  );
  expect(ansiText("a\x00b\x07c\td")).toBe("abc\td");
});

it("shows what a carriage return leaves", () => {
  expect(ansiText("10%\r55%\r\x1b[32mdone\x1b[0m\r")).toBe("done");
  expect(ansiText("downloading 55%\rready")).toBe("readyoading 55%");
  expect(ansiText("abc\b\bX")).toBe("aXc");
  expect(seen("ab\r\x1b[31mX\x1b[0m")).toEqual([
    ["X", "fg-red"],
    ["b", ""],
  ]);
});

it("keeps characters outside the basic plane whole", () => {
  expect(ansiText("🚀 训练\r🚀 完成")).toBe("🚀 完成");
});

it("never yields markup, only text", () => {
  expect(seen("<img src=x onerror=alert(1)>")).toEqual([["<img src=x onerror=alert(1)>", ""]]);
});
