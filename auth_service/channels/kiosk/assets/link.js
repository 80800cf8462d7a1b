// How a kiosk's calls go: signed; and where there is no line, to the session that the kiosk holds itself.

import { Lost } from "./calls.js";
import { captured } from "./counts.js";
import { KIOSK, ask } from "./device.js";
import { visit } from "./visit.js";
import { Stopped } from "./waiting.js";

export const BASE = `${KIOSK}/capture-sessions`;
export const BY_NAME = `${KIOSK}/other-ways`;
const GONE = 20000; // ms without an answer in a session, after which the kiosk goes on by itself; source: own decision, a
// person stands and waits

let lostSince = 0;

/** The body that hands a session in: with the portrait of the card, where one was read. */
export function handIn() {
  if (!visit.portrait) return { json: {} };
  const form = new FormData();
  form.append("portrait", visit.portrait, "portrait");
  return { form };
}

const sessionOf = (path) => (path.startsWith(`${BASE}/`) ? path.slice(BASE.length + 1).split("/")[0] : "");

/** One call. Throws Lost, Problem; Stopped once the person is gone or the session was left. */
export async function call(method, path, { json, form, key } = {}) {
  const session = sessionOf(path);
  if (path.startsWith(`${BASE}/`) && (!session || session !== visit.id)) throw new Stopped();
  if (session && visit.local) return visit.local.answer(method, path.slice(BASE.length + session.length + 2), { json, form });
  const headers = key ? { "idempotency-key": key } : {};
  if (session) headers["capture-token"] = visit.token;
  if (session && visit.nonce) headers["capture-nonce"] = visit.nonce;
  try {
    const answer = await ask(method, path, { json, form, headers });
    lostSince = 0;
    if (path.endsWith("/complete")) await captured();
    return answer;
  } catch (error) {
    if (session && session !== visit.id) throw new Stopped();
    if (session && error instanceof Lost) gone();
    else lostSince = 0;
    throw error;
  }
}

/** Tells the page once a line has been away for so long that nobody should stand and wait for it. */
function gone() {
  lostSince = lostSince || performance.now();
  if (performance.now() - lostSince < GONE) return;
  lostSince = 0;
  document.dispatchEvent(new CustomEvent("gone"));
  if (!visit.id) throw new Stopped();
}
