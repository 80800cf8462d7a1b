// Which one hint helps most now. Guidance only: nothing here decides anything.

import { optics } from "./optics.js";

/**
 * Where looks turn into words. source: fifteen clips at 6 looks a second against the box of a real face detector: the
 * patch's width is within 0.1 of the box's in 12; those under 0.5 of the oval's height are called too far, those of 0.7
 * to 0.9 are not; the close-up (1.5) is called too close, and so is one clip before a wall of the skin's own colour.
 */
export const LIMITS = {
  flat: 4, // spread of luma under which the whole picture is one surface: a finger before the lens; a dim room has 7
  dark: 45,
  bright: 215,
  skin: 0.12,
  aside: 0.55, // its centre's distance from the oval's, over the oval's radius
  moving: 9, // difference of two looks 170 ms apart
};

/** `look` of looks.js, and how much changed since the one before. */
export function hintOf(look, change = 0, limits = LIMITS) {
  if (look.spread < limits.flat) return "covered";
  if (look.face < limits.dark) return "dark";
  if (look.face > limits.bright) return "bright";
  if (look.faces === 0 || look.skin < limits.skin) return "no_face";
  if (look.faces > 1) return "several";
  return placeHint(look, limits) || (change > limits.moving ? "hold_still" : "fine");
}

function placeHint(look, limits) {
  const { box, oval } = look;
  const height = (box.bottom - box.top + 1) / (2 * oval.ry);
  const width = (box.right - box.left + 1) / (2 * oval.rx);
  if (height < optics.small) return "too_far";
  if (width > optics.wide) return "too_close";
  const dx = ((box.left + box.right + 1) / 2 - oval.x) / oval.rx;
  const dy = ((box.top + box.bottom + 1) / 2 - oval.y) / oval.ry;
  return Math.abs(dx) > limits.aside || Math.abs(dy) > limits.aside ? "off_centre" : "";
}

/** Keeps a hint until another one stood for `need` looks in a row, so that words do not flicker. */
export class Steady {
  constructor(need = 4) {
    Object.assign(this, { need, shown: "", next: "", count: 0 });
  }

  feed(hint) {
    this.count = hint === this.next ? this.count + 1 : 1;
    this.next = hint;
    if (this.count >= this.need) this.shown = hint;
    return this.shown;
  }
}

/** The server's hints on a step, as words of ours; what we have no words for it says itself. */
export const SERVER = {
  no_face: "no_face", several_faces: "several", face_too_small: "too_far", face_too_close: "too_close",
  too_dark: "dark", too_bright: "bright", blurred: "hold_still", cut_off: "off_centre", bigger: "bigger",
};
