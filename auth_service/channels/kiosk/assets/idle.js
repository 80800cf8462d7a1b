// When nobody stands here any more: after a minute without touch or face a question, and a quarter of a minute later
// everything of the person goes. source of the times: domain.md (terminals of banks), 60 s

export const QUIET_MS = 60000;
export const COUNT_S = 15;

export class Idle {
  /** asks: called with the seconds that are left, and with null once somebody is there; over: called at the end */
  constructor(asks, over, quiet = QUIET_MS) {
    Object.assign(this, { asks, over, quiet, on: false, since: 0, left: null });
    for (const name of ["pointerdown", "keydown", "wheel"]) document.addEventListener(name, () => this.here(), true);
    setInterval(() => this.beat(), 1000);
  }

  /** Whether somebody's things are here at all. */
  watch(on) {
    this.on = on;
    this.here();
  }

  /** Somebody is there. A face alone does not answer the question: it may be the next person's. */
  here() {
    this.since = performance.now();
    if (this.left !== null) this.asks(null);
    this.left = null;
  }

  face() {
    if (this.left === null) this.since = performance.now();
  }

  beat() {
    if (!this.on) return;
    if (this.left === null) {
      if (performance.now() - this.since < this.quiet) return;
      this.left = COUNT_S + 1;
    }
    this.left -= 1;
    if (this.left > 0) {
      this.asks(this.left);
      return;
    }
    this.left = null;
    this.asks(null);
    this.over();
  }
}
