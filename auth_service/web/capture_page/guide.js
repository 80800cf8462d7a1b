// Leads a person through the steps of a challenge, as the server tells them one by one: says what to do, waits for the
// movement without hurry, seals the frames and puts them into the outbox. It never judges; a movement that it does not
// see is asked for again, then sent as it is.

import { Movement } from "./movement.js";
import { NEUTRAL, around, quotas, thin } from "./selection.js";
import { Problem } from "./calls.js";
import { pause, until } from "./waiting.js";

/** ms. source: trust.md 1.5 L1 (0.3 to 8 s to respond); the slow column is our own decision. */
export const PACE = {
  usual: { settle: 4000, respond: 8000, back: 3000, rest: 700, light: 1800 },
  slow: { settle: 8000, respond: 14000, back: 6000, rest: 1400, light: 3500 },
};
const ROUNDS = 2;
const AGAIN = 4; // steps that came too late, in one session
const AGAIN_CODES = new Set(["step_late", "step_refused"]);
const AFTER = 400; // ms of stillness after a movement that belong to it

const median = (values) => values.slice().sort((a, b) => a - b)[Math.floor(values.length / 2)] || 0;

export class Guide {
  /**
   * recorder  of recorder.js
   * outbox    of outbox.js
   * show      ask(key), arrow(motion or ""), step(n, of), flash(colour or ""), fine(): is the picture good now?
   * calls     seal(n, frames), colours(), again(): each resolves to what the server asks now
   * slow      more time everywhere
   */
  constructor(recorder, outbox, show, calls, slow) {
    Object.assign(this, { recorder, outbox, show, calls, pace: slow ? PACE.slow : PACE.usual, noise: 0, watch: null });
  }

  /** Every look of the recorder comes here too. */
  seen(look, change, at) {
    if (this.watch) this.watch(look, change, at);
  }

  /** All steps that are not sealed yet, from what the server asks now. Throws Stopped, or what ended the outbox. */
  async run(asked, thrift, signal) {
    const { count } = asked.challenge;
    const most = quotas(asked.challenge, thrift);
    let late = 0;
    try {
      while (asked.sealed.length < count) {
        if (this.outbox.failed) throw this.outbox.failed;
        if (this.outbox.refused !== null) return;
        const step = asked.challenge.steps[asked.sealed.length];
        this.show.step(step.n + 1, count);
        const frames = await this.one(step, most, signal);
        const next = await this.seal(step.n, frames);
        if (next) this.outbox.put(step.n, frames);
        else if ((late += 1) > AGAIN) throw new Problem(422, { code: "step_refused" });
        asked = next || (await this.onceMore(signal));
      }
    } finally {
      this.rest();
    }
  }

  one(step, most, signal) {
    if (step.kind === "neutral") return this.neutral(signal);
    if (step.kind === "flash") return this.flash(most.flash, signal);
    return this.motion(step, most.motion, signal);
  }

  /** What is asked next; null where this step has to be done again. */
  async seal(n, frames) {
    try {
      return await this.calls.seal(n, frames);
    } catch (error) {
      if (error instanceof Problem && AGAIN_CODES.has(error.code)) return null;
      throw error;
    }
  }

  async onceMore(signal) {
    this.show.ask("once_more");
    const asked = await this.calls.again();
    await pause(this.pace.rest, signal);
    return asked;
  }

  rest() {
    Object.assign(this.recorder, { recording: false, looking: true });
    this.watch = null;
    this.show.arrow("");
    this.show.flash("");
  }

  record() {
    this.recorder.clear();
    this.recorder.recording = true;
    this.recorder.beat();
  }

  async neutral(signal) {
    this.show.ask("neutral");
    await until(() => this.show.fine(), this.pace.settle, signal);
    const changes = [];
    this.watch = (look, change) => changes.push(change);
    this.record();
    await until(() => this.recorder.frames.length >= NEUTRAL, 6000, signal);
    this.watch = null;
    this.noise = median(changes);
    return (await this.recorder.written(signal)).slice(0, NEUTRAL);
  }

  async motion(step, most, signal) {
    this.show.arrow(step.motion);
    let movement = null;
    for (let round = 0; round < ROUNDS; round += 1) {
      this.show.ask(round ? "once_more" : step.motion);
      if (round) {
        await pause(this.pace.rest, signal);
        this.show.ask(step.motion);
      }
      movement = await this.moved(step, signal);
      if (movement.away) break;
    }
    this.show.arrow("");
    this.recorder.recording = false;
    const frames = around(await this.recorder.written(signal), movement, most);
    this.show.ask("done");
    await pause(this.pace.rest, signal);
    return frames;
  }

  /** One try at a movement: there, held, and back. */
  async moved(step, signal) {
    const movement = new Movement(this.noise);
    this.watch = (look, change, at) => movement.feed(look.luma, look.mask, at);
    this.record();
    if (await until(() => movement.away, this.pace.respond, signal)) {
      this.show.ask("hold");
      await pause(step.hold_ms, signal);
      this.show.arrow("");
      this.show.ask("back");
      await until(() => movement.back, this.pace.back, signal);
      await pause(AFTER, signal);
    }
    this.watch = null;
    return movement;
  }

  /** The colours, each as long as the server said. The first frame belongs to the first colour's beginning. */
  async flash(most, signal) {
    this.show.ask("light");
    await pause(this.pace.light, signal);
    const { challenge } = await this.calls.colours(); // only now: nobody knows them before
    this.recorder.looking = false; // all of the phone's strength for even times
    this.show.flash(challenge.flash[0]);
    await painted();
    this.record();
    const begun = performance.now();
    for (let place = 1; place <= challenge.flash.length; place += 1) {
      await pause(Math.max(0, begun + place * challenge.flash_ms - performance.now()), signal);
      if (place < challenge.flash.length) this.show.flash(challenge.flash[place]);
    }
    this.recorder.recording = false;
    this.show.flash("");
    this.recorder.looking = true;
    return thin(await this.recorder.written(signal), most);
  }
}

/** Resolves once what was changed stands on the screen. */
function painted() {
  return new Promise((resolve) => requestAnimationFrame(() => requestAnimationFrame(resolve)));
}
