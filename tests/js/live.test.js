import { afterEach, beforeEach, expect, it, vi } from "vitest";

/** @type {FakeSocket[]} */
let sockets;

class FakeSocket {
  static OPEN = 1;
  readyState = 0;
  /** @type {any[]} */
  sent = [];
  /** @param {string} url */
  constructor(url) {
    this.url = url;
    sockets.push(this);
  }
  /** @type {any} */ onopen;
  /** @type {any} */ onmessage;
  /** @type {any} */ onclose;
  /** @param {string} text */
  send(text) {
    this.sent.push(JSON.parse(text));
  }
  open() {
    this.readyState = 1;
    this.onopen();
  }
  /** @param {unknown} message */
  say(message) {
    this.onmessage({ data: JSON.stringify(message) });
  }
  close(code = 1006) {
    this.readyState = 3;
    this.onclose?.({ code });
  }
}

const page = { hidden: false, listeners: /** @type {Record<string, () => void>} */ ({}) };
/** @type {import("../../static/js/live.js").Live} */
let live;
/** @type {[string, string[]][]} */
let heard;

beforeEach(async () => {
  vi.resetModules();
  vi.useFakeTimers();
  sockets = [];
  heard = [];
  page.hidden = false;
  vi.stubGlobal("WebSocket", FakeSocket);
  vi.stubGlobal("location", { origin: "http://host:8080" });
  vi.stubGlobal("document", {
    get hidden() {
      return page.hidden;
    },
    addEventListener: (/** @type {string} */ type, /** @type {() => void} */ listener) => {
      page.listeners[type] = listener;
    },
  });
  vi.stubGlobal("window", {
    addEventListener: () => {},
    setInterval: (/** @type {() => void} */ f, /** @type {number} */ ms) => setInterval(f, ms),
    setTimeout: (/** @type {() => void} */ f, /** @type {number} */ ms) => setTimeout(f, ms),
    clearTimeout: (/** @type {any} */ timer) => clearTimeout(timer),
  });
  live = (await import("../../static/js/live.js")).live;
});
afterEach(() => {
  vi.useRealTimers();
  vi.unstubAllGlobals();
});

const listen = () => live.subscribe("o/p", ({ kind, ids }) => heard.push([kind, [...ids]]));

it("subscribes once for all listeners and hands on what changed", () => {
  listen();
  listen();
  expect(sockets).toHaveLength(1);
  expect(sockets[0].url).toBe("ws://host:8080/ws/live");
  sockets[0].open();
  expect(sockets[0].sent).toEqual([{ subscribe: "o/p" }]);
  sockets[0].say({ subscribed: "o/p" });
  sockets[0].say({ kind: "points", ids: ["a", "b"] });
  expect(heard).toEqual(Array(2).fill(["points", ["a", "b"]]));
});

it("polls while there is no connection, and stops when there is", () => {
  listen();
  vi.advanceTimersByTime(5000);
  expect(heard).toEqual([["poll", []]]);
  sockets[0].open();
  heard = [];
  vi.advanceTimersByTime(20_000);
  expect(heard).toEqual([]);
});

it("polls where it may not listen to the whole project", () => {
  listen();
  sockets[0].open();
  sockets[0].say({ error: { code: "project_not_found", message: "", fields: {} } });
  heard = [];
  vi.advanceTimersByTime(5000);
  expect(heard).toEqual([["poll", []]]);
});

it("comes back by itself, waiting longer each time, and then asks for what was missed", () => {
  listen();
  sockets[0].open();
  const waits = [];
  for (let i = 0; i < 4; i++) {
    const at = Date.now();
    sockets[sockets.length - 1].close();
    while (sockets.length === i + 1) vi.advanceTimersByTime(50);
    waits.push(Date.now() - at);
  }
  expect(waits[0]).toBeLessThanOrEqual(1300);
  expect(waits[3]).toBeGreaterThanOrEqual(6000);
  heard = [];
  sockets[4].open();
  expect(sockets[4].sent).toEqual([{ subscribe: "o/p" }]);
  expect(heard).toEqual([["poll", []]]);
});

it("does not knock where it was refused, but polls", () => {
  listen();
  sockets[0].open();
  sockets[0].close(4403);
  heard = [];
  vi.advanceTimersByTime(60_000);
  expect(sockets).toHaveLength(1);
  expect(heard.length).toBe(12);
});

it("keeps still while the page is hidden and catches up once", () => {
  listen();
  sockets[0].open();
  page.hidden = true;
  sockets[0].say({ kind: "points", ids: ["a"] });
  sockets[0].say({ kind: "runs", ids: ["a"] });
  expect(heard).toEqual([]);
  page.hidden = false;
  page.listeners.visibilitychange();
  page.listeners.visibilitychange();
  expect(heard).toEqual([["poll", []]]);
});

it("stops telling who has left", () => {
  const stop = listen();
  sockets[0].open();
  stop();
  sockets[0].say({ kind: "runs", ids: ["a"] });
  expect(heard).toEqual([]);
});
