// Which frames are sent: those around a movement, and never more than a session may hold.

/** Frames of a whole session, in a second, and of the parts whose length is known. source: trust.md 1.5 L3, 2.6 */
export const MOST = 60;
export const RATE = 6;
export const NEUTRAL = 6;
const MOST_OF_A_MOTION = 18; // 3 s: there, hold and back

/** kind -> frames, for a challenge of so many steps and colours. `thrift` halves what may be halved on a slow link. */
export function quotas(challenge, thrift = false) {
  const colours = challenge.flashes;
  const motions = challenge.count - 1 - (colours ? 1 : 0);
  const flash = colours ? Math.min(Math.ceil((colours * challenge.flash_ms * RATE) / 1000) + 1, 24) : 0;
  const left = Math.floor((MOST - NEUTRAL - flash) / Math.max(motions, 1));
  const motion = Math.min(left, MOST_OF_A_MOTION);
  return { neutral: NEUTRAL, motion: thrift ? Math.max(8, Math.ceil(motion * 0.6)) : motion, flash };
}

/** At most `most` of them, evenly, with the first and the last. */
export function thin(frames, most) {
  if (frames.length <= most) return frames.slice();
  const step = (frames.length - 1) / (most - 1);
  return Array.from({ length: most }, (_, place) => frames[Math.round(place * step)]);
}

/** The frames from a little before a movement to a little after; without one, the last that there are. */
export function around(frames, movement, most, before = 700, after = 350) {
  if (!movement.away) return frames.slice(-most);
  const end = (movement.backAt === null ? Infinity : movement.backAt) + after;
  return thin(frames.filter((one) => one.at >= movement.awayAt - before && one.at <= end), most);
}
