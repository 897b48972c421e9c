import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import * as formats from "../../static/js/formats.js";

/** @type {Record<string, {in: any[], en: string, zh: string}[]>} */
const table = JSON.parse(readFileSync(new URL("../formats.json", import.meta.url), "utf8"));
const timed = new Set(["ago", "moment"]);

for (const [name, rows] of Object.entries(table)) {
  describe(name, () => {
    const format = /** @type {Record<string, any>} */ (formats)[name];
    for (const row of rows) {
      for (const language of /** @type {const} */ (["en", "zh"])) {
        it(`${JSON.stringify(row.in)} in ${language}`, () => {
          const got = timed.has(name)
            ? format(...row.in, language, "UTC")
            : name === "duration"
              ? format(row.in[0], language)
              : format(...row.in);
          expect(got).toBe(row[language]);
        });
      }
    }
  });
}

describe("columnDecimals", () => {
  it("takes the decimals of the largest value for all", () => {
    expect(formats.columnDecimals([0.5, 63.7, NaN, "x", null])).toBe(2);
    expect(formats.columnDecimals([2.41, 0.0001])).toBe(4);
  });
  it("leaves whole numbers and tiny numbers to themselves", () => {
    expect(formats.columnDecimals([1, 2000])).toBeUndefined();
    expect(formats.columnDecimals([0.00012])).toBeUndefined();
    expect(formats.columnDecimals([])).toBeUndefined();
  });
});
