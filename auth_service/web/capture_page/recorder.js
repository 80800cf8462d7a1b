// Looks at the video six times a second: a small look for guidance, and while recording a JPEG to be sent.

import { Faces } from "./faces.js";
import { RATE } from "./selection.js";
import { SMALL, gap, lookAt } from "./looks.js";
import { optics } from "./optics.js";
import { until } from "./waiting.js";

const WRITE = 3000; // ms: a JPEG that takes longer is done without
const KEPT = 120; // frames: 20 s at six a second
const STALLED = 500; // ms: a camera that gives nothing new for so long is shown as it is
const PATCH = 16; // pixels across: a camera's noise never gives so many twice

export class Recorder {
  /** now: the time since the session's start in whole ms; seen: called with each look */
  constructor(video, stage, now, seen) {
    Object.assign(this, { video, stage, now, seen, economy: optics.full, frames: [], recording: false, last: null });
    Object.assign(this, { timer: 0, writing: 0, change: 0, lastAt: -1, keptAt: -Infinity, patch: null, looking: true });
    this.faces = new Faces();
    this.small = document.createElement("canvas");
    this.large = document.createElement("canvas");
  }

  start() {
    this.stop();
    this.beat();
  }

  stop() {
    clearTimeout(this.timer);
    this.last = null;
  }

  /** Another session's times begin at nought again: held against the last one's they would be a millisecond apart. */
  renew() {
    this.stop();
    Object.assign(this, { frames: [], lastAt: -1, keptAt: -Infinity, patch: null });
  }

  /** Takes one now, and the next ones at the even pace from here. */
  beat() {
    clearTimeout(this.timer);
    const due = performance.now() + 1000 / RATE;
    if (this.video.videoWidth) this.take();
    this.timer = setTimeout(() => this.beat(), Math.max(20, due - performance.now()));
  }

  clear() {
    this.frames = [];
  }

  /** Nothing of what was seen stays. */
  wipe() {
    this.renew();
    this.recording = false;
    for (const canvas of [this.small, this.large]) canvas.width = canvas.height = 0;
  }

  take() {
    const at = Math.max(this.now(), this.lastAt + 1);
    this.lastAt = at;
    if (this.recording) this.keep(at);
    if (this.looking) this.look(at);
  }

  look(at) {
    const part = this.part();
    const { width, height } = fitted(part, SMALL);
    const context = drawn(this.small, this.video, part, width, height);
    const oval = this.oval(width, height);
    const seen = lookAt(context.getImageData(0, 0, width, height).data, width, height, oval);
    const look = this.faces.better(seen, part, width);
    this.faces.look(this.video);
    const same = this.last && this.last.luma.length === look.luma.length;
    this.change = same ? gap(look.luma, this.last.luma, look.mask) : 0;
    this.last = look;
    this.seen(look, this.change, at);
  }

  keep(at) {
    const part = this.part();
    const { width, height } = fitted(part, this.economy.side);
    if (!this.isNew(drawn(this.large, this.video, part, width, height), at)) return;
    // a busy phone may finish a later JPEG first, so each frame takes its place before it is written
    const frame = { at, blob: null };
    this.frames.push(frame);
    if (this.frames.length > KEPT) this.frames.shift();
    this.writing += 1;
    const written = (blob) => {
      frame.blob = blob;
      this.writing -= 1;
    };
    this.large.toBlob(written, "image/jpeg", this.economy.quality);
  }

  /** Whether the camera has moved on: a slow one, asked too often, gives one picture twice, which looks like a film. */
  isNew(context, at) {
    const [x, y] = [this.large.width, this.large.height].map((side) => Math.max(0, Math.round((side - PATCH) / 2)));
    const patch = context.getImageData(x, y, PATCH, PATCH).data;
    const same = this.patch !== null && patch.every((value, place) => value === this.patch[place]);
    if (same && at - this.keptAt < STALLED) return false;
    Object.assign(this, { patch, keptAt: at });
    return true;
  }

  /** The frames in their order, once the last one is written. */
  async written(signal) {
    await until(() => this.writing === 0, WRITE, signal);
    return this.frames.filter((frame) => frame.blob);
  }

  /** What is used of the camera's picture, in its pixels: all of it, or only what the stage shows. */
  part() {
    const [whole, high] = [this.video.videoWidth, this.video.videoHeight];
    const [across, down] = [this.stage.clientWidth, this.stage.clientHeight];
    if (!optics.only || !across || !down) return { x: 0, y: 0, width: whole, height: high };
    const scale = Math.max(across / whole, down / high) * optics.zoom;
    const [width, height] = [Math.min(whole, across / scale), Math.min(high, down / scale)];
    return { x: (whole - width) / 2, y: (high - height) / 2, width, height };
  }

  /** The oval on the screen, in pixels of a small picture: the video covers the stage and hangs over on two sides. */
  oval(width, height) {
    const scale = Math.max(this.stage.clientWidth / width, this.stage.clientHeight / height) || 1;
    const ry = ((optics.oval / 2) * this.stage.clientHeight) / scale || (optics.oval / 2) * height;
    return { x: width / 2, y: height / 2, rx: 0.75 * ry, ry };
  }
}

function fitted(part, side) {
  const scale = Math.min(1, side / Math.max(part.width, part.height));
  return { width: Math.round(part.width * scale), height: Math.round(part.height * scale) };
}

function drawn(canvas, video, part, width, height) {
  if (canvas.width !== width) canvas.width = width;
  if (canvas.height !== height) canvas.height = height;
  const context = canvas.getContext("2d", { willReadFrequently: true });
  context.drawImage(video, part.x, part.y, part.width, part.height, 0, 0, width, height);
  return context;
}
