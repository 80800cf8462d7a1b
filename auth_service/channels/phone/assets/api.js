// The calls of a capture session. What went wrong is either the network (Lost) or an answer (Problem).

import { inLanguage } from "./words.js";

const BASE = "/v1/capture-sessions";

/** Nothing arrived, or no answer came back in time: sending the same again is safe. */
export class Lost extends Error {}

/** The service's own refusal, with a sentence for the person. */
export class Problem extends Error {
  constructor(status, body, after) {
    super(inLanguage(body.titles) || body.title || "");
    this.status = status;
    this.code = body.code || "";
    this.field = body.field || "";
    this.hints = body.hints || [];
    this.later = status >= 500 || body.code === "rate_limited" || body.code === "idempotency_in_flight";
    this.after = Number(after) || 0;
  }
}

/** 16 random bytes as hex; works on plain http too, where randomUUID does not. */
export function newKey() {
  return Array.from(crypto.getRandomValues(new Uint8Array(16)), (byte) => byte.toString(16).padStart(2, "0")).join("");
}

/** How long an answer may take: 20 s, and what `bytes` need at 2 kB/s, the pace of a poor 2G link. */
export function patience(bytes) {
  return 20000 + bytes / 2;
}

async function call(method, path, { json, form, key, bytes = 0 } = {}) {
  const headers = { Accept: "application/json" };
  if (json) headers["Content-Type"] = "application/json";
  if (method === "POST") headers["Idempotency-Key"] = key || newKey();
  const stop = new AbortController();
  const timer = setTimeout(() => stop.abort(), patience(bytes));
  try {
    const body = json ? JSON.stringify(json) : form;
    const answer = await fetch(path, { method, headers, body, signal: stop.signal, cache: "no-store" });
    const text = await answer.text();
    return read(answer, text);
  } catch (error) {
    throw error instanceof Problem ? error : new Lost(String(error));
  } finally {
    clearTimeout(timer);
  }
}

function read(answer, text) {
  let body = {};
  try {
    body = text ? JSON.parse(text) : {};
  } catch {
    body = {}; // a proxy's page instead of ours: the status alone speaks
  }
  if (!answer.ok) throw new Problem(answer.status, body, answer.headers.get("Retry-After"));
  return body;
}

export const openSession = (plan, key) => call("POST", BASE, { json: plan, key });
export const exchange = (id, ticket) => call("POST", `${BASE}/${id}/exchange`, { json: { ticket }, key: `exchange-${id}` });
export const begin = (id, body, key) => call("POST", `${BASE}/${id}/start`, { json: body, key });
export const colours = (id, key) => call("POST", `${BASE}/${id}/colours`, { json: {}, key });
export const sealStep = (id, n, frames, key) => call("POST", `${BASE}/${id}/steps/${n}/seal`, { json: { frames }, key });
export const sendCode = (id, key) => call("POST", `${BASE}/${id}/code`, { json: {}, key });
export const giveCode = (id, code, key) => call("POST", `${BASE}/${id}/code/check`, { json: { code }, key });
export const state = (id) => call("GET", `${BASE}/${id}`);
export const complete = (id) => call("POST", `${BASE}/${id}/complete`, { json: {}, key: `complete-${id}` });
export const withdraw = (id) => call("DELETE", `${BASE}/${id}`);
export const askInSession = (id, wish, key) => call("POST", `${BASE}/${id}/other-ways`, { json: wish, key });
export const askByName = (wish, key) => call("POST", "/v1/me/other-ways", { json: wish, key });

/** What binds a frame before it is sent: a few bytes that arrive soon on the poorest line. */
export async function printOf(frame) {
  const digest = await crypto.subtle.digest("SHA-256", await frame.blob.arrayBuffer());
  const sha256 = Array.from(new Uint8Array(digest), (byte) => byte.toString(16).padStart(2, "0")).join("");
  return { at_ms: frame.at, bytes: frame.blob.size, sha256 };
}

/** One step: its frames in order, each with the time at which it was taken. */
export function sendStep(id, n, frames, key) {
  const form = new FormData();
  let bytes = 0;
  for (const frame of frames) {
    form.append("at_ms", String(frame.at));
    form.append("frame", frame.blob, `${frame.at}.jpg`);
    bytes += frame.blob.size;
  }
  return call("POST", `${BASE}/${id}/steps/${n}`, { form, key, bytes });
}
