/** Requests to the REST API of this server, in the name of the signed-in user. */
import { t } from "./i18n.js";

const TIMEOUT_MS = 10_000;

/** What a request failed with: the server's code and sentence, or "offline" and "timeout" where none came. */
export class ApiError extends Error {
  /** @param {string} code @param {string} message @param {number} status @param {Record<string, string[]>} [fields] */
  constructor(code, message, status, fields = {}) {
    super(message);
    this.code = code;
    this.status = status;
    this.fields = fields;
  }
}

/** Whether the server answers at all: "contact" events, `since` is when it last did (ms). */
class Contact extends EventTarget {
  since = Date.now();
  lost = false;

  /** @param {boolean} reached */
  report(reached) {
    if (reached) this.since = Date.now();
    if (this.lost === !reached) return;
    this.lost = !reached;
    this.dispatchEvent(new Event("contact"));
  }
}
export const contact = new Contact();

function csrfToken() {
  const cookie = document.cookie.match(/(?:^|;\s*)wanllmdb_csrf=([^;]+)/)?.[1];
  const field = /** @type {HTMLInputElement | null} */ (document.querySelector("[name=csrfmiddlewaretoken]"));
  return cookie ?? field?.value ?? "";
}

/** @param {Response} response */
async function failure(response) {
  const body = await response.json().catch(() => null);
  const error = body?.error;
  if (error) return new ApiError(error.code, error.message, response.status, error.fields);
  return new ApiError(
    "http",
    t("The server answered {status}.", { status: response.status }),
    response.status,
  );
}

/**
 * Fetch with the session, a time limit and one shape of failure. A 304 counts as success.
 * @param {string} url @param {RequestInit} [init]
 * @returns {Promise<Response>}
 * @throws {ApiError}
 */
export async function request(url, init = {}) {
  const limit = AbortSignal.timeout(TIMEOUT_MS);
  const signal = init.signal ? AbortSignal.any([init.signal, limit]) : limit;
  let response;
  try {
    response = await fetch(url, { credentials: "same-origin", ...init, signal });
  } catch (error) {
    if (init.signal?.aborted) throw error;
    contact.report(false);
    if (limit.aborted) throw new ApiError("timeout", t("No answer in 10 s."), 0);
    throw new ApiError("offline", t("No contact with the server."), 0);
  }
  // A proxy answers for a server that is down.
  contact.report(![502, 503, 504].includes(response.status));
  if (!response.ok && response.status !== 304) throw await failure(response);
  return response;
}

/** @type {Map<string, {etag: string, body: any}>} */
const seen = new Map();
const SEEN_MOST = 100;

/** Requests on their way: elements that ask for the same at once share the answer. @type {Map<string, Promise<any>>} */
const flying = new Map();

/** @param {string} url */
async function getFresh(url) {
  const known = seen.get(url);
  const headers = { Accept: "application/json", ...(known ? { "If-None-Match": known.etag } : {}) };
  const response = await request(url, { headers });
  if (response.status === 304 && known) return known.body;
  const body = await response.json();
  const etag = response.headers.get("ETag");
  seen.delete(url);
  if (etag) seen.set(url, { etag, body });
  if (seen.size > SEEN_MOST) seen.delete(/** @type {string} */ (seen.keys().next().value));
  return body;
}

/**
 * GET JSON. With an ETag the server may answer "unchanged": the same object is returned then, so `===` tells.
 * @param {string} url
 * @returns {Promise<any>}
 */
export function getJSON(url) {
  const shared = flying.get(url) ?? getFresh(url).finally(() => flying.delete(url));
  flying.set(url, shared);
  return shared;
}

/**
 * Send JSON and give back the response.
 * @param {"POST" | "PATCH" | "PUT" | "DELETE"} method @param {string} url @param {unknown} body
 * @param {{signal?: AbortSignal, accept?: string}} [options]
 */
export function send(method, url, body, { signal, accept = "application/json" } = {}) {
  return request(url, {
    method,
    signal,
    headers: { "Content-Type": "application/json", Accept: accept, "X-CSRFToken": csrfToken() },
    body: JSON.stringify(body),
  });
}
