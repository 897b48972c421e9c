import { beforeEach, expect, it } from "vitest";
import { tracebackLines } from "../../static/js/log-line.js";
import { LogSource } from "../../static/js/log-source.js";

/** @type {string[]} */
let server;
/** @type {URLSearchParams[]} */
let asked;
/** @type {LogSource} */
let log;

const line = (/** @type {number} */ n) => [n, 1000 + n, "stdout", server[n]];

beforeEach(() => {
  server = Array.from({ length: 1700 }, (_, i) => `line ${i}`);
  asked = [];
  log = new LogSource(
    "/console",
    () => {},
    async (url) => {
      const query = new URLSearchParams(url.split("?")[1]);
      asked.push(query);
      const limit = Number(query.get("limit"));
      if (query.has("search")) {
        const found = [...server.keys()].filter((n) => server[n].includes(String(query.get("search"))));
        return {
          lines: found.slice(0, limit).map(line),
          total: server.length,
          positions: found,
          matches: found.length,
        };
      }
      const first = query.has("tail")
        ? Math.max(0, server.length - Number(query.get("tail")))
        : Number(query.get("from"));
      const end = query.has("tail") ? server.length : Math.min(server.length, first + limit);
      const lines = Array.from({ length: Math.max(0, end - first) }, (_, i) => line(first + i));
      return { lines, total: server.length, first };
    },
  );
});

const settled = () => new Promise((done) => setTimeout(done));
const text = (/** @type {number} */ n) => log.line(n)?.[3];

it("loads only the blocks that are looked at", async () => {
  await log.refresh();
  expect(log.total).toBe(1700);
  log.need(990, 1010);
  log.need(990, 1010);
  await settled();
  expect(asked.slice(1).map((query) => query.get("from"))).toEqual(["500", "1000"]);
  expect([text(999), text(1000), text(400)]).toEqual(["line 999", "line 1000", undefined]);
});

it("takes new lines, and lines written again, from the end", async () => {
  await log.refresh();
  log.need(1500, 1700);
  await settled();
  server[1699] = "99 %";
  server.push("done");
  await log.refresh();
  log.need(1500, 1701);
  await settled();
  expect([text(1699), text(1700)]).toEqual(["99 %", "done"]);
  expect(asked.filter((query) => query.has("from"))).toHaveLength(1);
});

it("fills the hole when more lines came than the end has room for", async () => {
  await log.refresh();
  log.need(1500, 1700);
  await settled();
  for (let i = 0; i < 250; i++) server.push(`late ${i}`);
  await log.refresh();
  log.need(1690, 1960);
  await settled();
  expect([text(1700), text(1840), text(1949)]).toEqual(["late 0", "late 140", "late 249"]);
});

it("finds the positions of a text without loading the lines", async () => {
  const { positions, matches } = await log.search("169");
  expect(positions).toEqual([169, 1169, 1690, 1691, 1692, 1693, 1694, 1695, 1696, 1697, 1698, 1699]);
  expect(matches).toBe(12);
  expect(asked[0].get("limit")).toBe("1");
});

it("keeps what it has when the server does not answer", async () => {
  await log.refresh();
  log.get = async () => {
    throw new Error("down");
  };
  await log.refresh();
  expect(log.error?.message).toBe("down");
  expect(log.total).toBe(1700);
});

it("tells a traceback from its first line to the error that ends it", () => {
  const lines = [
    "epoch 3",
    "Traceback (most recent call last):",
    '  File "a.py", line 1, in <module>',
    "    main()",
    "FloatingPointError: loss is nan",
    "wanllm: closed",
    undefined,
    "  + Exception Group Traceback (most recent call last):",
    "  | ExceptionGroup: two",
    "end",
  ];
  expect(tracebackLines(lines)).toEqual([false, true, true, true, true, false, false, true, true, true]);
});
