// Sends the same again until it arrives. Every call that goes through here carries one Idempotency-Key for all tries.

import { Lost, Problem } from "./calls.js";
import { pause } from "./waiting.js";

const WAITS = [500, 1000, 2000, 3000]; // then every 3 s: a lost link is found again soon, and a weak server is not flooded

const MOST_ANSWERED = 8; // a service that answers and cannot is not asked for ever
const LONGEST = 60; // seconds that a person may be kept waiting because the server wishes so

/** How long before try number `n` (from 1); the server's own wish comes first. */
export function waitBefore(n, after = 0) {
  return after > 0 ? after * 1000 : WAITS[Math.min(n, WAITS.length) - 1];
}

/**
 * The answer of `send`.
 * told   called with "lost" or "busy" before each wait, and with "back" once an answer came after one
 * nudge  a Nudge: ends a wait early
 * Refusals that trying again cannot mend are thrown. `stop` ends it with Stopped.
 */
export async function persist(send, { told = () => {}, nudge, stop } = {}) {
  for (let tries = 1; ; tries += 1) {
    try {
      const answer = await send();
      if (tries > 1) told("back");
      return answer;
    } catch (error) {
      if (!mends(error, tries)) throw error;
      told(error instanceof Lost ? "lost" : "busy");
      const wait = pause(waitBefore(tries, error.after), stop);
      await (nudge ? Promise.race([wait, nudge.next()]) : wait);
    }
  }
}

/** Whether the same may succeed in a while. */
function mends(error, tries) {
  if (error instanceof Lost) return true;
  return error instanceof Problem && error.later && error.after <= LONGEST && tries <= MOST_ANSWERED;
}

/** Wakes whoever waits: the person presses "try now", or the phone is on the network again. */
export class Nudge {
  constructor() {
    this.waiting = [];
    window.addEventListener("online", () => this.now());
  }

  next() {
    return new Promise((resolve) => this.waiting.push(resolve));
  }

  now() {
    for (const resolve of this.waiting.splice(0)) resolve();
  }
}
