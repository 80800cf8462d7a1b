// How a page talks to the service. What went wrong is either the network (Lost) or an answer (Problem).

import { inLanguage } from "./words.js";

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
    this.body = body;
    this.later = status >= 500 || body.code === "rate_limited" || body.code === "idempotency_in_flight";
    this.after = Number(after) || 0;
  }
}

export const hex = (bytes) => Array.from(new Uint8Array(bytes), (byte) => byte.toString(16).padStart(2, "0")).join("");

/** 16 random bytes as hex; works on plain http too, where randomUUID does not. */
export const newKey = () => hex(crypto.getRandomValues(new Uint8Array(16)));

/** How long an answer may take: 20 s, and what `bytes` need at 2 kB/s, the pace of a poor 2G link. */
export function patience(bytes) {
  return 20000 + bytes / 2;
}

/** The answer's JSON. headers, body: as fetch takes them; limit: ms for the answer. Throws Lost, Problem. */
export async function send(method, path, headers, body, limit) {
  const stop = new AbortController();
  const timer = setTimeout(() => stop.abort(), limit);
  try {
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
