// Whether the picture inside the oval left its first state and came back: so the page speaks when the person moved, and
// sends the frames around the movement. It does not judge which movement it was; the server does.

import { gap } from "./looks.js";

/** Difference that counts as a movement. source: 14 of 17 labelled turns of the shared clips pass it (the others are small
 * faces far away); the clips of quiet people move by 3 to 8 in a second and a half. */
export const LEAST = 7;

export class Movement {
  /** noise: difference between neighbouring pictures of a person who holds still */
  constructor(noise = 0, least = LEAST) {
    this.least = Math.max(least, 2.5 * noise);
    Object.assign(this, { first: null, above: 0, since: 0, below: 0, peak: 0, awayAt: null, backAt: null });
  }

  /** The next small picture, with its time. */
  feed(luma, mask, at) {
    if (!this.first) this.first = luma;
    const now = gap(luma, this.first, mask);
    this.peak = Math.max(this.peak, now);
    this.above = now > this.least ? this.above + 1 : 0;
    if (this.above === 1) this.since = at; // it began here; a busy phone looks again only much later
    this.below = now < Math.max(this.least, this.peak / 2) ? this.below + 1 : 0;
    if (this.awayAt === null && this.above >= 2) this.awayAt = this.since;
    else if (this.awayAt !== null && this.backAt === null && this.below >= 2) this.backAt = at;
    return now;
  }

  get away() {
    return this.awayAt !== null;
  }

  get back() {
    return this.backAt !== null;
  }
}
