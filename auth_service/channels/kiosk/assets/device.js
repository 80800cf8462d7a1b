// The kiosk itself: its keys, its clock, and whether the line to the service is up.

import { Lost, Problem, newKey, send } from "./calls.js";
import { newBox, seal, unseal } from "./seal.js";
import { base64url, signed } from "./sign.js";
import { keep, recall } from "./store.js";

export const KIOSK = "/v1/kiosk";
/** ms for an answer: 8 s, and what the body needs at 20 kB/s. A bank's line is up or down; people do not wait for it. */
const patience = (body) => 8000 + (body ? body.byteLength / 20 : 0);
const SKEWED = new Set(["clock_skew", "signature_expired"]);
const BARRED = new Set(["device_refused", "device_quarantined"]);

/** id, key: who this kiosk is; line: whether the last call arrived; barred: the service does not take it any more. */
export const device = { id: "", key: null, box: null, secret: "", line: true, barred: false, offset: 0, status: null };

/** Now, by the service's clock as far as it is known. */
export const now = () => Date.now() + device.offset;

/** What was kept when the kiosk was set up; says whether it was. */
export async function known() {
  const self = await recall("self");
  if (!self) return false;
  Object.assign(device, { id: self.id, key: self.key, box: self.box });
  const secret = await recall("secret");
  if (secret) device.secret = new TextDecoder().decode(await unseal(self.box, secret, "bridge"));
  device.offset = (await recall("offset")) || 0;
  const status = await recall("status");
  if (status) device.status = status;
  return true;
}

function tellLine(up) {
  if (device.line === up) return;
  device.line = up;
  document.dispatchEvent(new CustomEvent("line", { detail: up }));
}

/** The body as bytes with its type, because its digest is signed before it goes. */
async function bytesOf({ json, form }) {
  if (json) return { body: new TextEncoder().encode(JSON.stringify(json)), type: "application/json" };
  if (!form) return { body: null, type: "" };
  const made = new Request(location.origin, { method: "POST", body: form });
  return { body: await made.arrayBuffer(), type: made.headers.get("content-type") };
}

/**
 * One signed call. headers: further ones, in lower case; self: another key than the kiosk's own, before it has one.
 * A clock that is off is set right by the service's and the call made once more. Throws Lost, Problem.
 */
export async function ask(method, path, { json, form, headers = {} } = {}, self = device) {
  const { body, type } = await bytesOf({ json, form });
  const key = method === "POST" ? { "idempotency-key": newKey() } : {};
  const once = async () => {
    const all = { accept: "application/json", ...key, ...headers, ...(body ? { "content-type": type } : {}) };
    const url = new URL(path, location.origin);
    const call = { method, url, headers: all, body };
    return send(method, path, await signed(call, self, Math.floor(now() / 1000)), body, patience(body));
  };
  try {
    const answer = await once().catch((error) => (clockMended(error) ? once() : Promise.reject(error)));
    tellLine(true);
    return answer;
  } catch (error) {
    const answered = error instanceof Problem && (error.status < 502 || error.code);
    tellLine(Boolean(answered));
    if (!answered) throw new Lost(String(error)); // a gateway that answers for nobody is no line either
    if (BARRED.has(error.code)) bar(true);
    throw error;
  }
}

/** Whether the clock was set right just now. */
function clockMended(error) {
  const told = error instanceof Problem && SKEWED.has(error.code) ? Date.parse(error.body.detail) : NaN;
  if (Number.isNaN(told)) return false;
  setClock(told);
  return true;
}

function setClock(told) {
  device.offset = told - Date.now();
  keep({ offset: device.offset }).catch(() => {}); // only helps a start without a line; the next status brings it again
}

function bar(barred) {
  if (device.barred === barred) return;
  device.barred = barred;
  document.dispatchEvent(new CustomEvent("barred", { detail: barred }));
}

/** What the service says of this kiosk now. Throws Lost, Problem. */
export async function look() {
  const status = await ask("GET", `${KIOSK}/status`);
  if (status.server_time) setClock(Date.parse(status.server_time));
  device.status = status;
  await keep({ status: { state: status.state, lens_profile: status.lens_profile } });
  bar(status.state !== "active");
  return status;
}

/** The service's time from an answer that needs no signature, so that the first signed call is in time. */
export async function readClock(file) {
  try {
    const answer = await fetch(file, { cache: "no-store" });
    const told = Date.parse(answer.headers.get("date"));
    if (answer.ok && !Number.isNaN(told)) setClock(told);
  } catch (error) {
    if (!(error instanceof TypeError)) throw error; // no line: the clock stays as it was
    tellLine(false);
  }
}

/** Sets the kiosk up: a key of its own, made here, which no script can read. Throws Lost, Problem. */
export async function enrol(code, secret) {
  const pair = await crypto.subtle.generateKey("Ed25519", false, ["sign", "verify"]);
  const publicKey = base64url(await crypto.subtle.exportKey("raw", pair.publicKey));
  const json = { code, public_key: publicKey };
  const answer = await ask("POST", `${KIOSK}/enrolments`, { json }, { id: publicKey, key: pair.privateKey });
  const box = await newBox();
  await keep({ self: { id: answer.device_id, key: pair.privateKey, box }, chain: null });
  await setSecret(secret, box);
  if (!(await known())) throw new Lost("nothing was kept");
}

/** The pairing secret of the local bridge, sealed. */
export async function setSecret(secret, box = device.box) {
  await keep({ secret: secret ? await seal(box, new TextEncoder().encode(secret), "bridge") : null });
  device.secret = secret;
}
