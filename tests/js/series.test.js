import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { plan, requestSeries } from "../../static/js/series.js";
import { encodeFrame } from "./fixtures/encode.js";

const frame = { x: "step", points: 1000, kind: /** @type {const} */ ("rows") };
const asked = (/** @type {string} */ key, /** @type {string[]} */ runs, other = {}) => ({
  wanted: { ...frame, key, runs, ...other },
  resolve: () => {},
  reject: () => {},
});

it("puts all panels over the same runs into one query", () => {
  const queries = plan([asked("a", ["r1", "r2"]), asked("b", ["r2", "r1"]), asked("c", ["r1", "r2"])]);
  expect(queries.map((query) => query.body)).toEqual([
    { ...frame, runs: ["r1", "r2"], keys: ["a", "b", "c"] },
  ]);
});

it("joins the runs that single sparklines ask for", () => {
  const queries = plan([asked("a", ["r1"]), asked("a", ["r2"]), asked("a", ["r3"])]);
  expect(queries.map((query) => query.body)).toEqual([{ ...frame, runs: ["r1", "r2", "r3"], keys: ["a"] }]);
});

it("keeps ranges, axes and kinds apart", () => {
  const others = [{ from: 5, to: 9 }, { x: "time" }, { kind: "system" }, { points: 64 }];
  expect(plan([asked("a", ["r"]), ...others.map((other) => asked("a", ["r"], other))])).toHaveLength(5);
});

it("asks for at most 200 keys at once", () => {
  const queries = plan(Array.from({ length: 450 }, (_, i) => asked(`k${i}`, ["r"])));
  expect(queries.map(({ body }) => /** @type {string[]} */ (body.keys).length)).toEqual([200, 200, 50]);
  expect(queries.flatMap((query) => query.asked)).toHaveLength(450);
});

const fetched = vi.fn();
beforeEach(() => {
  fetched.mockReset();
  vi.stubGlobal("fetch", fetched);
  vi.stubGlobal("document", { cookie: "wanllmdb_csrf=tok", querySelector: () => null });
});
afterEach(() => vi.unstubAllGlobals());

it("sends one request and hands each panel its own runs", async () => {
  const body = encodeFrame("step", [
    { run: "r1", key: "a", x: [1], y: [10], total: 500 },
    { run: "r1", key: "a", agg: "mean", x: [1], y: [7] },
    { run: "r2", key: "a", x: [1], y: [20] },
    { run: "r1", key: "b", x: [1], y: [30] },
  ]);
  fetched.mockResolvedValue(new Response(body));
  const [a, b] = await Promise.all([
    requestSeries({ ...frame, key: "a", runs: ["r1", "r2"] }),
    requestSeries({ ...frame, key: "b", runs: ["r1", "r2"] }),
  ]);
  expect(fetched).toHaveBeenCalledTimes(1);
  const [url, init] = fetched.mock.calls[0];
  expect(url).toBe("/api/v1/metrics/query");
  expect(init.headers["X-CSRFToken"]).toBe("tok");
  expect(JSON.parse(init.body)).toMatchObject({ runs: ["r1", "r2"], keys: ["a", "b"], format: "frame" });
  expect([...a.keys()]).toEqual(["r1", "r2"]);
  expect(a.get("r1")?.means?.y[0]).toBe(7);
  expect(a.get("r2")?.means).toBeNull();
  expect([...b.keys()]).toEqual(["r1"]);
});

it("gives every panel the failure, in the server's words", async () => {
  const error = { error: { code: "too_many", message: "Ask for fewer keys.", fields: {} } };
  fetched.mockResolvedValue(new Response(JSON.stringify(error), { status: 422 }));
  const wanted = ["a", "b"].map((key) => requestSeries({ ...frame, key, runs: ["r"] }));
  for (const one of wanted) await expect(one).rejects.toThrow("Ask for fewer keys.");
});
