import { readdirSync, readFileSync } from "node:fs";
import { expect, it } from "vitest";

const js = new URL("../../static/js/", import.meta.url);
const sprite = readFileSync(new URL("../../static/icons/sprite.svg", import.meta.url), "utf8");

it("draws only icons that the sprite has", () => {
  const drawn = readdirSync(js)
    .filter((name) => name.endsWith(".js"))
    .flatMap((name) => {
      const text = readFileSync(new URL(name, js), "utf8");
      // icon("x"), iconButton("x", …), symbol: "x", toggle(words, "x", …), and both sides of a choice.
      const calls = [...text.matchAll(/\b(?:icon|iconButton)\(([^()]*?(?:\([^()]*\)[^()]*?)*?)[,)]/g)].map(
        (m) => m[1],
      );
      const named = [
        ...text.matchAll(/symbol: "([a-z0-9-]+)"/g),
        ...text.matchAll(/toggle\(t\("[^"]*"\), "([a-z0-9-]+)"/g),
      ];
      return [...calls.flatMap((call) => [...call.matchAll(/"([a-z][a-z0-9-]+)"/g)]), ...named].map(
        (m) => m[1],
      );
    });
  expect(new Set(drawn).size).toBeGreaterThan(15);
  expect([...new Set(drawn)].filter((name) => !sprite.includes(`id="${name}"`))).toEqual([]);
});
