// One visit: which session it is and what was chosen. It lives in this page's memory and, for a reload, in the address
// after the #, which no server sees; the key to the session is a cookie that scripts cannot read.

import { begin, openSession } from "./api.js";
import { newKey } from "./calls.js";
import { exchange } from "./link.js";
import { persist } from "./retry.js";

// begun: the camera ran before; origin: when that was, by the clock of this page's life, which nobody can set
export const visit = { id: "", begun: false, origin: null, linked: false, consented: false, slow: false, plan: null };

/** Whole ms since the camera session began. The phone's own time of day plays no part: it may be set at any moment. */
export const elapsed = () => (visit.origin === null ? 0 : Math.max(0, Math.round(performance.now() - visit.origin)));

/** What the address says: {ticket: [id, ticket]} from a link, {id} after a reload, {contest} from a letter, or {}. */
export function readFragment(hash = location.hash) {
  const given = new URLSearchParams(hash.slice(1));
  const link = (given.get("t") || "").split(".");
  if (link.length === 2) return { ticket: link };
  if (given.has("contest")) return { contest: true };
  return given.get("s") ? { id: given.get("s"), begun: given.has("b"), slow: given.has("w") } : {};
}

/** The ticket of a link leaves the address before anything else happens. */
export function remember() {
  const rest = visit.id ? `#s=${visit.id}${visit.begun ? "&b" : ""}${visit.slow ? "&w" : ""}` : "";
  history.replaceState(null, "", location.pathname + location.search + rest);
}

export function forget() {
  Object.assign(visit, { id: "", begun: false, origin: null, linked: false, consented: false });
  remember();
}

/** A session for the plan, whose ticket is exchanged at once. `told` as in retry.js. Throws Problem. */
export async function open(told) {
  const key = newKey();
  const plan = visit.plan;
  const opened = await persist(() => openSession(plan, key), { told });
  await persist(() => exchange(opened.id, opened.ticket), { told });
  Object.assign(visit, { id: opened.id, begun: false, origin: null, slow: plan.slow, linked: false, consented: true });
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
  // after a reload the server says how long the session has been running: frames stay in order
  if (visit.origin === null) visit.origin = performance.now() - answer.running_ms;
  visit.begun = true;
  remember();
  return answer;
}
