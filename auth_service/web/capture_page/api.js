// The calls of a capture session. Each page has a link.js of its own: where sessions lie and how a call proves whose it
// is.

import { hex } from "./calls.js";
import { BASE, BY_NAME, call, handIn } from "./link.js";

export const openSession = (plan, key) => call("POST", BASE, { json: plan, key });
export const begin = (id, body, key) => call("POST", `${BASE}/${id}/start`, { json: body, key });
export const colours = (id, key) => call("POST", `${BASE}/${id}/colours`, { json: {}, key });
export const sealStep = (id, n, frames, key) => call("POST", `${BASE}/${id}/steps/${n}/seal`, { json: { frames }, key });
export const state = (id) => call("GET", `${BASE}/${id}`);
export const complete = (id) => call("POST", `${BASE}/${id}/complete`, { ...handIn(), key: `complete-${id}` });
export const withdraw = (id) => call("DELETE", `${BASE}/${id}`);
export const askInSession = (id, wish, key) => call("POST", `${BASE}/${id}/other-ways`, { json: wish, key });
export const askByName = (wish, key) => call("POST", BY_NAME, { json: wish, key });

/** What binds a frame before it is sent: a few bytes that arrive soon on the poorest line. */
export async function printOf(frame) {
  const digest = await crypto.subtle.digest("SHA-256", await frame.blob.arrayBuffer());
  return { at_ms: frame.at, bytes: frame.blob.size, sha256: hex(digest) };
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
