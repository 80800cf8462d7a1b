// One person's visit. It lives in this page's memory only: nothing of it in storage, in the address or in the history.

import { begin, openSession } from "./api.js";
import { newKey } from "./calls.js";
import { persist } from "./retry.js";
import { Stopped } from "./waiting.js";

const EMPTY = {
  id: "", token: "", nonce: "", startedAt: 0, linked: false, consented: false, slow: false,
  who: null, card: false, portrait: null, plan: null, local: null, consentedAt: "",
};
export const visit = { ...EMPTY };

const clock = () => performance.timeOrigin + performance.now();

/** Whole ms since the camera session began. */
export const elapsed = () => (visit.startedAt ? Math.max(0, Math.round(clock() - visit.startedAt)) : 0);

/** Everything of this person goes. */
export function forget() {
  if (visit.local) visit.local.forget();
  Object.assign(visit, EMPTY);
}

/** The session ends, the person stays. */
export function leaveSession() {
  if (visit.local) visit.local.forget();
  Object.assign(visit, { id: "", token: "", nonce: "", startedAt: 0, local: null });
}

/**
 * A session for the plan. Throws Lost at once where there is no line: nobody waits here, the kiosk goes on by itself.
 * Throws Stopped where the person left meanwhile: the answer is not the next one's, and the session ends by itself.
 */
export async function open() {
  const { plan } = visit;
  const here = () => {
    if (visit.plan !== plan) throw new Stopped();
  };
  const opened = await openSession(plan, newKey()).catch((error) => {
    here();
    throw error;
  });
  here();
  leaveSession();
  Object.assign(visit, { id: opened.id, token: opened.token, slow: plan.slow });
}

/** A session that this kiosk holds itself, on a challenge that was drawn before. */
export function openLocally(local) {
  leaveSession();
  Object.assign(visit, { id: local.id, local, slow: visit.plan.slow });
}

/** What is asked now. lostFrom: the first step that was sealed and whose pictures are lost. Throws Problem. */
export async function start(_consent, told, lostFrom) {
  const key = newKey();
  const id = visit.id;
  const answer = await persist(() => begin(id, lostFrom === undefined ? {} : { lost_from: lostFrom }, key), { told });
  visit.nonce = answer.nonce || visit.nonce;
  if (!visit.startedAt) visit.startedAt = Math.round(clock());
  return answer;
}
