import { describe, expect, it } from "vitest";
import {
  everyOrNone,
  isShown,
  only,
  readChoice,
  shownRuns,
  toggled,
  writeChoice,
} from "../../static/js/run-choice.js";
import { defaultMetric, metricValue, summaryField } from "../../static/js/run-columns.js";
import { RunSource } from "../../static/js/run-source.js";
import { rowWindow, scrollToRow } from "../../static/js/virtual-rows.js";

/** @param {Record<string, string | string[] | null>} given */
const state = (given) => ({
  get: (/** @type {string} */ name) => /** @type {string | null} */ (given[name] ?? null),
  list: (/** @type {string} */ name) => /** @type {string[]} */ (given[name] ?? []),
});
const runs = (/** @type {number} */ n) => Array.from({ length: n }, (_, i) => ({ id: `r${i}` }));
const ids = (/** @type {{id: string}[]} */ list) => list.map(({ id }) => id);

describe("which runs are shown", () => {
  it("are the first twenty, and new ones by themselves", () => {
    const choice = readChoice(state({}));
    expect(shownRuns(choice, runs(30), [])).toHaveLength(20);
    expect(ids(shownRuns(choice, [{ id: "new" }, ...runs(30)], []))[0]).toBe("new");
  });
  it("change one by one, and back to where they were leaves no trace in the link", () => {
    const list = runs(30);
    const start = readChoice(state({}));
    const hidden = toggled(start, list, "r3");
    expect(isShown(hidden, "r3", 3)).toBe(false);
    expect(writeChoice(hidden)).toEqual({ first: null, show: [], hide: ["r3"] });
    const back = toggled(hidden, list, "r3");
    expect(writeChoice(back)).toEqual({ first: null, show: [], hide: [] });
    const more = toggled(start, list, "r25");
    expect(writeChoice(more)).toEqual({ first: null, show: ["r25"], hide: [] });
    expect(writeChoice(toggled(more, list, "r25"))).toEqual({ first: null, show: [], hide: [] });
  });
  it("can be one alone, all, or none", () => {
    const list = runs(30);
    const alone = only(readChoice(state({})), "r5");
    expect(ids(shownRuns(alone, list, []))).toEqual(["r5"]);
    expect(shownRuns(only(alone, "r5"), list, [])).toHaveLength(20);
    expect(shownRuns(everyOrNone(false, 30), list, [])).toEqual([]);
    expect(shownRuns(everyOrNone(true, 30), list, [])).toHaveLength(30);
  });
  it("come from a link also where the list has not reached them", () => {
    const choice = readChoice(state({ first: "0", show: ["r99", "r1"] }));
    expect(ids(shownRuns(choice, runs(3), [{ id: "r99" }, { id: "r1" }]))).toEqual(["r1", "r99"]);
  });
  it("takes no nonsense from the link", () => {
    expect(readChoice(state({ first: "many" })).first).toBe(20);
    expect(readChoice(state({ first: "-4" })).first).toBe(20);
    expect(readChoice(state({ first: "1e9" })).first).toBe(1);
    expect(readChoice(state({ first: "99999" })).first).toBe(200);
  });
});

describe("the metric column", () => {
  it("writes fields as the query language reads them", () => {
    expect(summaryField("val/acc")).toBe("summary.val/acc");
    expect(summaryField("a.b")).toBe("summary.a.b");
    expect(summaryField("loss.min")).toBe("summary.`loss.min`");
    expect(summaryField("val acc")).toBe("summary.`val acc`");
    expect(summaryField("a`b")).toBe("summary.`a``b`");
    expect(summaryField("a=b")).toBe("summary.`a=b`");
  });
  it("begins with a held-out result", () => {
    const keys = (/** @type {string[]} */ ...names) => names.map((key) => ({ key, runs: 1 }));
    expect(defaultMetric(keys("epoch", "train/loss", "val/loss", "system/acc"))).toBe("val/loss");
    expect(defaultMetric(keys("lr", "train/loss"))).toBe("train/loss");
    expect(
      defaultMetric([
        { key: "a", runs: 1 },
        { key: "b", runs: 9 },
      ]),
    ).toBe("b");
    expect(defaultMetric([])).toBeNull();
  });
  it("shows only what fits in a column", () => {
    expect(metricValue({ summary: { a: 1, b: { x: 1 }, c: null } }, "a")).toBe(1);
    expect(metricValue({ summary: { a: 1, b: { x: 1 }, c: null } }, "b")).toBeUndefined();
    expect(metricValue({ summary: { c: null } }, "c")).toBeUndefined();
    expect(metricValue({}, "a")).toBeUndefined();
  });
});

describe("rows on the screen", () => {
  it("are few, however many there are", () => {
    expect(rowWindow(0, 700, 28, 100_000)).toEqual([0, 33]);
    expect(rowWindow(28_000, 700, 28, 100_000)).toEqual([992, 1033]);
    expect(rowWindow(1e9, 700, 28, 10)).toEqual([10, 10]);
    expect(rowWindow(0, 700, 28, 0)).toEqual([0, 0]);
  });
  it("move as little as possible", () => {
    expect(scrollToRow(5, 0, 280, 28)).toBe(0);
    expect(scrollToRow(10, 0, 280, 28)).toBe(28);
    expect(scrollToRow(2, 140, 280, 28)).toBe(56);
  });
});

describe("RunSource", () => {
  const run = (/** @type {number} */ i) =>
    /** @type {any} */ ({ uid: `u${i}`, id: `r${i}`, number: i, name: `n${i}`, state: "finished" });
  /** @param {any[]} all newest first */
  function server(all) {
    const asked = /** @type {string[]} */ ([]);
    const get = async (/** @type {string} */ url) => {
      asked.push(url);
      const [path, search] = url.split("?");
      if (path !== "/runs")
        return (
          all.find((one) => [one.uid, one.id].includes(path.split("/").pop())) ??
          Promise.reject(new Error("404"))
        );
      const query = new URLSearchParams(search);
      const start = Number(query.get("cursor") ?? 0);
      const items = all.slice(start, start + 50);
      return {
        items,
        next: start + 50 < all.length ? String(start + 50) : null,
        count: start ? null : all.length,
      };
    };
    return { asked, get };
  }
  const all = (/** @type {number} */ n) => Array.from({ length: n }, (_, i) => run(n - i));

  it("loads page by page without a run twice", async () => {
    const list = all(120);
    const { get } = server(list);
    const source = new RunSource("/runs", () => {}, get);
    await source.start("", "-created");
    list.unshift(run(121));
    await source.more();
    await source.more();
    expect(new Set(source.runs.map(({ uid }) => uid)).size).toBe(source.runs.length);
    expect(source.runs).toHaveLength(120);
    expect(source.count).toBe(120);
    await source.more();
    expect(source.runs).toHaveLength(120);
  });
  it("puts a new run on top and keeps what was loaded below", async () => {
    const list = all(80);
    const { get, asked } = server(list);
    const source = new RunSource("/runs", () => {}, get);
    await source.start("", "-created");
    await source.more();
    list.unshift(run(81));
    list[70] = { ...list[70], state: "crashed" };
    await source.refresh([list[70].uid]);
    expect(source.runs[0].uid).toBe("u81");
    expect(source.runs).toHaveLength(81);
    expect(source.runs[70].state).toBe("crashed");
    expect(asked.filter((url) => url.startsWith("/api/v1/runs/"))).toHaveLength(1);
  });
  it("asks once for a run of a link, also when there is none", async () => {
    const { get, asked } = server(all(60));
    const source = new RunSource("/runs", () => {}, get);
    await source.start("", "-created");
    await source.seek(["r3", "gone"]);
    await source.seek(["r3", "gone"]);
    expect(source.others.map(({ id }) => id)).toEqual(["r3"]);
    expect(asked).toHaveLength(3);
  });
  it("passes on what the server says of a query, and where it stopped counting", async () => {
    const page = {
      items: [run(1)],
      next: "1",
      count: 100_000,
      count_is_capped: true,
      hints: ["No run has config.lrr."],
    };
    const pages = [page, { items: [run(0)], next: null, count: null, count_is_capped: false, hints: [] }];
    const source = new RunSource(
      "/runs",
      () => {},
      async () => pages.shift(),
    );
    await source.start("config.lrr > 1", "-created");
    await source.more();
    expect([source.count, source.capped, source.hints]).toEqual([100_000, true, ["No run has config.lrr."]]);
  });
  it("drops the answer to a query that was replaced", async () => {
    /** @type {((page: any) => void)[]} */
    const answers = [];
    const source = new RunSource(
      "/runs",
      () => {},
      () => new Promise((done) => answers.push(done)),
    );
    const first = source.start("old", "-created");
    const second = source.start("new", "-created");
    answers[1]({ items: [run(2)], next: null, count: 1 });
    answers[0]({ items: [run(1)], next: null, count: 1 });
    await Promise.all([first, second]);
    expect(source.runs.map(({ uid }) => uid)).toEqual(["u2"]);
  });
});
