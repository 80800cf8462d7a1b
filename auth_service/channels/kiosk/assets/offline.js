// A capture without a line: the steps are those that the service drew beforehand, and what comes of it is a record that
// waits. Nothing is judged here, and nobody passes here.

import { Problem, newKey } from "./calls.js";
import { now } from "./device.js";
import { queueUp } from "./queue.js";
import { takeTicket } from "./tickets.js";

const stamp = (ms) => new Date(ms).toISOString();

/** A session on the next ticket, or null while there is none. plan: what was chosen, with the consent and when */
export async function localSession(plan, consentedAt) {
  const ticket = await takeTicket(plan);
  return ticket ? new LocalSession(ticket, plan, consentedAt) : null;
}

class LocalSession {
  constructor(ticket, plan, consentedAt) {
    Object.assign(this, { id: `local-${newKey()}`, ticket, plan, consentedAt, seals: [], steps: new Map(), kept: null });
  }

  forget() {
    this.seals = [];
    this.steps.clear();
    Object.assign(this, { plan: null, ticket: null, kept: null });
  }

  /** Answers as the service would. rest: of the path after the session. Throws Problem. */
  async answer(method, rest, { json, form }) {
    if (method === "DELETE") return this.forget();
    if (rest === "complete") return this.complete();
    const [, n, what] = /^(?:steps\/(\d+)(?:\/(seal))?|.*)$/.exec(rest);
    if (what) this.seals[Number(n)] = json.frames;
    else if (n) return this.take(Number(n), form);
    else if (json && json.lost_from !== undefined) this.seals.length = Math.max(json.lost_from, this.steps.size);
    return this.asked();
  }

  asked() {
    const sealed = Array.from(this.seals.keys());
    return { challenge: this.ticket.challenge, sealed, accepted: [...this.steps.keys()], state: "started" };
  }

  take(n, form) {
    if (this.steps.has(n)) throw new Problem(409, { code: "step_conflict" });
    this.steps.set(n, form.getAll("frame"));
    return { hints: [], movement_seen: true }; // nobody has looked yet
  }

  async complete() {
    this.kept = this.kept || (await queueUp(this.told(), [...this.steps.entries()]));
    return { outcome: "kept", receipt: this.kept };
  }

  told() {
    const { id_number, name, consent } = this.plan;
    return {
      client_event: crypto.randomUUID(),
      ticket: this.ticket.ticket,
      captured_at: stamp(now()),
      id_number,
      name: name || undefined,
      consent: { ...consent, at: stamp(this.consentedAt) },
      steps: this.seals.map((frames, n) => ({ n, frames })),
    };
  }
}
