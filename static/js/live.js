/**
 * The live socket. The server says what changed (`{"kind": "runs" | "points" | "console", "ids": [run uid]}`), never
 * the data; elements then fetch through the ordinary checked URLs. While the socket is down every listener hears
 * `{"kind": "poll"}` each 5 s instead, and once when contact is back, since something may have been missed. The same
 * where the server lets nobody listen to the whole project: who was given one run alone, reads that again by itself.
 */
import { contact } from "./api.js";

/** @typedef {{kind: "runs" | "points" | "console" | "poll", ids: Set<string>}} Nudge */
/** @typedef {(nudge: Nudge) => void} Listener */

const POLL_MS = 5000;
const RETRY_MS = [1000, 2000, 4000, 8000, 15_000, 30_000];
// Closed by the server for good: asking again gives the same answer.
const REFUSED = [4400, 4401, 4403, 4404];

export class Live extends EventTarget {
  /** @type {Map<string, Set<Listener>>} */
  #listeners = new Map();
  /** @type {WebSocket | null} */
  #socket = null;
  #attempt = 0;
  #timer = 0;
  #refused = false;
  #missed = false;
  #unheard = false;
  /** When the next attempt to connect is due (ms), 0 while connected. */
  retryAt = 0;

  constructor() {
    super();
    if (typeof document === "undefined") return;
    document.addEventListener("visibilitychange", () => {
      if (document.hidden || !this.#missed) return;
      this.#missed = false;
      this.#tell("poll", null);
    });
    window.addEventListener("online", () => this.retryNow());
    window.setInterval(() => {
      if (!this.connected || this.#unheard) this.#tell("poll", null);
    }, POLL_MS);
  }

  get connected() {
    return this.#socket?.readyState === WebSocket.OPEN;
  }

  /** @param {string} project "org/project" @param {Listener} listener @returns {() => void} stop */
  subscribe(project, listener) {
    const known = this.#listeners.get(project) ?? new Set();
    if (!known.size) this.#ask(project);
    known.add(listener);
    this.#listeners.set(project, known);
    this.#connect();
    return () => {
      known.delete(listener);
    };
  }

  retryNow() {
    if (this.connected || this.#refused || !this.#listeners.size) return;
    window.clearTimeout(this.#timer);
    this.#socket?.close();
    this.#socket = null;
    this.#connect();
  }

  /** @param {string} project */
  #ask(project) {
    if (this.connected) this.#socket?.send(JSON.stringify({ subscribe: project }));
  }

  #connect() {
    if (this.#socket || this.#refused) return;
    const socket = new WebSocket(`${location.origin.replace(/^http/, "ws")}/ws/live`);
    this.#socket = socket;
    socket.onopen = () => {
      this.retryAt = 0;
      contact.report(true);
      for (const project of this.#listeners.keys()) this.#ask(project);
      if (this.#attempt) this.#tell("poll", null);
      this.#attempt = 0;
      this.dispatchEvent(new Event("state"));
    };
    socket.onmessage = (event) => this.#hear(event.data);
    socket.onclose = (event) => {
      if (this.#socket !== socket) return;
      this.#socket = null;
      this.#refused = REFUSED.includes(event.code);
      if (!this.#refused) this.#later();
      this.dispatchEvent(new Event("state"));
    };
  }

  #later() {
    // Spread over half the time, so that a restarted server is not met by every page at once.
    const wait = RETRY_MS[Math.min(this.#attempt, RETRY_MS.length - 1)] * (0.75 + Math.random() / 2);
    this.#attempt += 1;
    this.retryAt = Date.now() + wait;
    this.#timer = window.setTimeout(() => this.#connect(), wait);
  }

  /** @param {string} data */
  #hear(data) {
    const message = JSON.parse(data);
    if (message.error || message.unsubscribed) this.#unheard = true;
    if (message.kind) this.#tell(message.kind, message.ids ?? []);
  }

  /** @param {Nudge["kind"]} kind @param {string[] | null} ids */
  #tell(kind, ids) {
    if (document.hidden) {
      this.#missed = true;
      return;
    }
    const nudge = { kind, ids: new Set(ids ?? []) };
    for (const listeners of this.#listeners.values()) for (const listener of listeners) listener(nudge);
  }
}

export const live = new Live();
