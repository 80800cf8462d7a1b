// Steps on their way to the server, in their order, while the person goes on. Nothing is lost while the link is.

import { sendStep } from "./api.js";
import { Problem, newKey } from "./calls.js";
import { persist } from "./retry.js";

const DONE_BEFORE = new Set(["step_conflict"]); // it arrived earlier, perhaps before a reload

export class Outbox {
  /**
   * id       of the session
   * nudge    of retry.js
   * changed  called after every change with this outbox
   */
  constructor(id, nudge, changed = () => {}) {
    Object.assign(this, { id, nudge, changed, queue: [], done: new Set(), refused: null, failed: null });
    Object.assign(this, { link: "", pace: 0, hints: [], sending: null, stop: new AbortController() });
  }

  /** Steps that the server has. */
  accepted(numbers) {
    for (const n of numbers) this.done.add(n);
    this.changed(this);
  }

  put(n, frames) {
    if (this.refused !== null) return; // steps come in order: the refused one is taken again first
    this.queue.push({ n, frames, key: `step-${n}-${newKey()}` });
    this.go();
  }

  go() {
    if (this.queue.length && !this.sending) this.sending = this.drain().finally(() => (this.sending = null));
  }

  /** The person tries again after the service could not: what waits is sent once more. */
  again() {
    this.failed = null;
    this.go();
  }

  /** Waits until everything that was put was sent or refused. Throws what cannot be mended by trying again. */
  async flush() {
    while (this.sending) await this.sending;
    if (this.failed) throw this.failed;
  }

  close() {
    this.stop.abort();
    this.queue = [];
  }

  async drain() {
    while (this.queue.length && !this.failed && this.refused === null) {
      await this.sendFirst();
      this.changed(this);
    }
  }

  async sendFirst() {
    const { n, frames, key } = this.queue[0];
    try {
      const started = performance.now();
      const answer = await this.deliver(n, frames, key);
      this.measure(frames, performance.now() - started);
      this.arrived(n, answer);
    } catch (error) {
      this.refuse(n, error);
    }
  }

  deliver(n, frames, key) {
    const told = (link) => {
      this.link = link === "back" ? "" : link;
      this.changed(this);
    };
    return persist(() => sendStep(this.id, n, frames, key), { told, nudge: this.nudge, stop: this.stop.signal });
  }

  arrived(n, answer) {
    this.queue.shift();
    this.done.add(n);
    this.hints = answer.hints || []; // what keeps the movement from being seen helps more than asking for a larger one
    if (n > 0 && !this.hints.length && answer.movement_seen === false) this.hints = ["bigger"]; // step 0 holds still
  }

  /** The first of these steps that was neither sent nor is on its way: its pictures are lost. undefined: none */
  missing(sealed) {
    return sealed.find((n) => !this.done.has(n) && !this.queue.some((one) => one.n === n));
  }

  /** Pictures that cannot be used are taken again, and those after them too: steps come in order. */
  refuse(n, error) {
    if (error instanceof Problem && DONE_BEFORE.has(error.code)) return this.arrived(n, {});
    if (error instanceof Problem && error.code === "step_refused") {
      this.hints = error.hints;
      this.refused = n;
      this.queue = [];
      return undefined;
    }
    this.failed = error;
    return undefined;
  }

  /** Bytes in a second, as the last step went. */
  measure(frames, ms) {
    const bytes = frames.reduce((sum, frame) => sum + frame.blob.size, 0);
    this.pace = (bytes * 1000) / Math.max(ms, 1);
  }
}
