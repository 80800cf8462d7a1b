// The kiosk's own hardware, through a small program on the same machine: docs/integration/kiosk-bridge.md. Without it the
// kiosk works on: the number is typed, and the browser prints.

import { device } from "./device.js";
import { pause } from "./waiting.js";

const PLACE = document.body.dataset.bridge;
const WAIT_S = 25; // how long one question for a card stays open
const AGAIN = 3000;

/** What there is: card, printer, call. All false while no bridge answers. */
export const bridge = { card: false, printer: false, call: false };

/** One question; null where no bridge answers or it does not take us. */
async function ask(method, path, { json, signal } = {}) {
  if (!PLACE || !device.secret) return null;
  const headers = { Authorization: `Bearer ${device.secret}`, ...(json ? { "Content-Type": "application/json" } : {}) };
  const body = json ? JSON.stringify(json) : undefined;
  try {
    return await fetch(PLACE + path, { method, headers, body, signal, cache: "no-store", credentials: "omit" });
  } catch {
    return null; // not running, or the question was broken off: the caller looks at what it has
  }
}

/** Looks what there is; says whether anything changed. */
export async function look() {
  const answer = await ask("GET", "/status");
  const found = answer && answer.ok ? await answer.json() : {};
  const before = JSON.stringify(bridge);
  for (const part of Object.keys(bridge)) bridge[part] = found[part] === true;
  return before !== JSON.stringify(bridge);
}

function bytesOf(text) {
  return Uint8Array.from(atob(text), (one) => one.charCodeAt(0));
}

/** The chip's photo as the service takes it. Readers give BMP, which it does not read. */
async function picture(text, type = "image/jpeg") {
  const given = new Blob([bytesOf(text)], { type });
  if (type !== "image/bmp") return given;
  const bitmap = await createImageBitmap(given);
  const canvas = new OffscreenCanvas(bitmap.width, bitmap.height);
  canvas.getContext("2d").drawImage(bitmap, 0, 0);
  return canvas.convertToBlob({ type: "image/png" });
}

/** Waits for a card: {id_number, name, portrait as a blob or null}. Throws Stopped once `signal` says so. */
export async function card(signal) {
  for (;;) {
    const answer = bridge.card ? await ask("GET", `/card?wait=${WAIT_S}`, { signal }) : null;
    if (answer && answer.status === 200) {
      const { id_number, name, portrait, portrait_type: type } = await answer.json();
      return { id_number, name, portrait: portrait ? await picture(portrait, type) : null };
    }
    await pause(answer && answer.status === 204 ? 0 : AGAIN, signal);
  }
}

/** Whether the printer took the slip. slip: {title, lines: [[label, value], ...], qr, note} */
export async function print(slip) {
  const answer = bridge.printer ? await ask("POST", "/print", { json: slip }) : null;
  return Boolean(answer && answer.ok);
}

/** Whether the lamp or bell for staff took the call. */
export async function call() {
  const answer = bridge.call ? await ask("POST", "/call", { json: {} }) : null;
  return Boolean(answer && answer.ok);
}
