import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { ApiError, contact, getJSON, request, send } from "../../static/js/api.js";

const fetched = vi.fn();
beforeEach(() => {
  fetched.mockReset();
  vi.stubGlobal("fetch", fetched);
  vi.stubGlobal("document", {
    cookie: "a=1; wanllmdb_csrf=tok",
    querySelector: () => null,
    getElementById: () => null,
  });
});
afterEach(() => vi.unstubAllGlobals());

const answer = (/** @type {unknown} */ body, init = {}) => new Response(JSON.stringify(body), init);

it("gives back the same object while the server says it is unchanged", async () => {
  fetched.mockResolvedValueOnce(answer({ n: 1 }, { headers: { ETag: '"x"' } }));
  fetched.mockResolvedValueOnce(new Response(null, { status: 304 }));
  const first = await getJSON("/a");
  expect(await getJSON("/a")).toBe(first);
  expect(fetched.mock.calls[1][1].headers["If-None-Match"]).toBe('"x"');
});

it("asks once for what is asked twice at the same time, and again later", async () => {
  fetched.mockImplementation(async () => answer({ n: 2 }));
  const [one, two] = await Promise.all([getJSON("/b"), getJSON("/b")]);
  expect(one).toBe(two);
  expect(fetched).toHaveBeenCalledTimes(1);
  await getJSON("/b");
  expect(fetched).toHaveBeenCalledTimes(2);
});

it("asks again after a failure", async () => {
  fetched.mockRejectedValueOnce(new TypeError("down"));
  fetched.mockResolvedValueOnce(answer({ n: 3 }));
  await expect(getJSON("/c")).rejects.toThrow(ApiError);
  expect(await getJSON("/c")).toEqual({ n: 3 });
});

it("speaks with the server's words where it has some", async () => {
  const error = { code: "query_invalid", message: "Column 3: a number was expected.", fields: { q: ["…"] } };
  fetched.mockResolvedValueOnce(answer({ error }, { status: 422 }));
  await expect(request("/d")).rejects.toMatchObject({ ...error, status: 422 });
  fetched.mockResolvedValueOnce(new Response("<h1>Bad gateway</h1>", { status: 502 }));
  await expect(request("/d")).rejects.toMatchObject({ code: "http", status: 502 });
});

it("tells silence from an answer", async () => {
  contact.report(true);
  const heard = vi.fn();
  contact.addEventListener("contact", heard);
  fetched.mockRejectedValueOnce(new TypeError("failed to fetch"));
  await expect(request("/e")).rejects.toMatchObject({ code: "offline" });
  expect(contact.lost).toBe(true);
  fetched.mockResolvedValueOnce(answer({ error: { code: "x", message: "y" } }, { status: 500 }));
  await expect(request("/e")).rejects.toThrow("y");
  expect(contact.lost).toBe(false);
  expect(heard).toHaveBeenCalledTimes(2);
});

it("sends the CSRF token with every change", async () => {
  fetched.mockResolvedValueOnce(answer({}));
  await send("POST", "/f", { a: 1 });
  const [, init] = fetched.mock.calls[0];
  expect(init.headers["X-CSRFToken"]).toBe("tok");
  expect(init.body).toBe('{"a":1}');
});
