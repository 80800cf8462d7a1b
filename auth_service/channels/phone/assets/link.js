// How the phone's calls go: the key to a session is a cookie that scripts cannot read.

import { newKey, patience, send } from "./calls.js";

export const BASE = "/v1/capture-sessions";
export const BY_NAME = "/v1/me/other-ways";

/** The body that hands a session in. */
export const handIn = () => ({ json: {} });

/** One call. key: the Idempotency-Key for all tries of a POST. Throws Lost, Problem. */
export function call(method, path, { json, form, key, bytes = 0 } = {}) {
  const headers = { Accept: "application/json" };
  if (json) headers["Content-Type"] = "application/json";
  if (method === "POST") headers["Idempotency-Key"] = key || newKey();
  return send(method, path, headers, json ? JSON.stringify(json) : form, patience(bytes));
}

export const contest = (said, key) => call("POST", "/v1/me/contests", { json: said, key });
export const exchange = (id, ticket) => call("POST", `${BASE}/${id}/exchange`, { json: { ticket }, key: `exchange-${id}` });
export const sendCode = (id, key) => call("POST", `${BASE}/${id}/code`, { json: {}, key });
export const giveCode = (id, code, key) => call("POST", `${BASE}/${id}/code/check`, { json: { code }, key });
