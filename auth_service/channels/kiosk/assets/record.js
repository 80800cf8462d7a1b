// A capture made without a line, as one record: its bytes in the one form of RFC 8785, signed when they are made, each
// naming the record before it. docs/integration/kiosk.md has vectors.

import { hex } from "./calls.js";
import { base64url } from "./sign.js";

export const FIRST = "0".repeat(64);
const PREFIX = new TextEncoder().encode("auth-service kiosk record v1\n");

/** RFC 8785 for objects, lists, texts and whole numbers; JSON.stringify writes texts as it wants them. */
export function canonical(value) {
  if (Array.isArray(value)) return `[${value.map(canonical).join(",")}]`;
  if (value === null || typeof value !== "object") {
    if (typeof value === "number" && !Number.isSafeInteger(value)) throw new Error(`no whole number: ${value}`);
    return JSON.stringify(value);
  }
  const names = Object.keys(value).filter((name) => value[name] !== undefined).sort();
  return `{${names.map((name) => `${JSON.stringify(name)}:${canonical(value[name])}`).join(",")}}`;
}

/** What is signed: no signature made for another purpose is one of a record. */
export function signedBytes(record) {
  const all = new Uint8Array(PREFIX.length + record.length);
  all.set(PREFIX);
  all.set(record, PREFIX.length);
  return all;
}

/** {bytes, signature, digest} of a record with its place in the chain. chain: {counter, previous}; self: {id, key} */
export async function made(told, chain, { id, key }) {
  const whole = { ...told, version: 1, kind: "capture", device_id: id, ...chain };
  const bytes = new TextEncoder().encode(canonical(whole));
  const signature = await crypto.subtle.sign("Ed25519", key, signedBytes(bytes));
  const digest = hex(await crypto.subtle.digest("SHA-256", bytes));
  return { bytes, signature: base64url(signature), digest };
}
