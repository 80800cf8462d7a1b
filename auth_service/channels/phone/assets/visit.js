// One visit: which session it is and what was chosen. It lives in this page's memory and, for a reload, in the address
// after the #, which no server sees; the key to the session is a cookie that scripts cannot read.

import { begin, exchange, newKey, openSession } from "./api.js";
import { persist } from "./retry.js";

export const visit = { id: "", startedAt: 0, linked: false, consented: false, slow: false, plan: null };

const clock = () => performance.timeOrigin + performance.now();

/** Whole ms since the camera session began. */
export const elapsed = () => (visit.startedAt ? Math.max(0, Math.round(clock() - visit.startedAt)) : 0);

/** What the address says: {ticket: [id, ticket]} from a link, {id} after a reload, or {}. */
export function readFragment(hash = location.hash) {
  const given = new URLSearchParams(hash.slice(1));
  const link = (given.get("t") || "").split(".");
  if (link.length === 2) return { ticket: link };
  return given.get("s") ? { id: given.get("s"), startedAt: Number(given.get("b")) || 0, slow: given.has("w") } : {};
}

/** The ticket of a link leaves the address before anything else happens. */
export function remember() {
  const began = visit.startedAt ? `&b=${visit.startedAt}` : "";
  const rest = visit.id ? `#s=${visit.id}${began}${visit.slow ? "&w" : ""}` : "";
  history.replaceState(null, "", location.pathname + location.search + rest);
}

export function forget() {
  Object.assign(visit, { id: "", startedAt: 0, linked: false, consented: false });
  remember();
}

/** A session for the plan, whose ticket is exchanged at once. `told` as in retry.js. Throws Problem. */
export async function open(told) {
  const key = newKey();
  const plan = visit.plan;
  const opened = await persist(() => openSession(plan, key), { told });
  await persist(() => exchange(opened.id, opened.ticket), { told });
  Object.assign(visit, { id: opened.id, startedAt: 0, slow: plan.slow, linked: false, consented: true });
  remember();
}

/** A session that somebody else opened for this person: its link's ticket for a cookie. Throws Problem. */
export async function follow(id, ticket, told) {
  remember();
  await persist(() => exchange(id, ticket), { told });
  Object.assign(visit, { id, linked: true });
  remember();
}

/** What is asked now. lostFrom: the first step that was sealed and whose pictures a reload lost. Throws Problem. */
export async function start(consent, told, lostFrom) {
  const body = visit.linked ? { consent } : {};
  if (lostFrom !== undefined) body.lost_from = lostFrom;
  const key = newKey();
  const answer = await persist(() => begin(visit.id, body, key), { told });
  if (!visit.startedAt) visit.startedAt = Math.round(clock());
  remember();
  return answer;
}
