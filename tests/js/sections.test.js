import { expect, it } from "vitest";
import { axisKeys, keyMatcher, panelSections } from "../../static/js/sections.js";

const keys = (/** @type {string[]} */ ...names) => names.map((key) => ({ key }));

it("makes a section of what stands before the first slash", () => {
  expect(
    panelSections(keys("val/acc", "train/loss", "lr", "system/cpu", "train/layer/10", "train/layer/9")),
  ).toEqual([
    { name: "", keys: ["lr"] },
    { name: "train", keys: ["train/layer/9", "train/layer/10", "train/loss"] },
    { name: "val", keys: ["val/acc"] },
    { name: "system", keys: ["system/cpu"] },
  ]);
});

it("puts training and held-out results before the rest", () => {
  const names = panelSections(keys("a/x", "eval/x", "layer/x", "system/x", "train/x", "val/x", "loss")).map(
    ({ name }) => name,
  );
  expect(names).toEqual(["", "train", "eval", "val", "a", "layer", "system"]);
});

it("takes odd names as they are", () => {
  expect(panelSections(keys("/loss", "a/", "损失/训练", " "))).toEqual([
    { name: "", keys: [" ", "/loss"] },
    { name: "a", keys: ["a/"] },
    { name: "损失", keys: ["损失/训练"] },
  ]);
});

it("leaves out what is no number", () => {
  const metrics = [
    { key: "a", type: "number" },
    { key: "note", type: "text" },
    { key: "img", type: "object" },
    { key: "m", type: "mixed" },
  ];
  expect(panelSections(metrics)).toEqual([{ name: "", keys: ["a", "m"] }]);
});

it("searches by part of a name or by a pattern", () => {
  expect(["train/Loss", "val/acc"].filter(keyMatcher("LOSS "))).toEqual(["train/Loss"]);
  expect(["train/loss", "val/loss", "val/acc"].filter(keyMatcher("^val.*loss$"))).toEqual(["val/loss"]);
  expect(["f(x)", "g"].filter(keyMatcher("f(x"))).toEqual(["f(x)"]);
  expect(["a[0]", "b"].filter(keyMatcher("a[0]"))).toEqual(["a[0]"]);
});

it("offers counters as x axis", () => {
  expect(axisKeys(keys("epoch", "train/tokens", "train/loss", "trainer/global_step", "stepsize"))).toEqual([
    "epoch",
    "train/tokens",
    "trainer/global_step",
  ]);
});
