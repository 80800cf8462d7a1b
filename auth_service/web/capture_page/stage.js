// The camera screen: picture, oval, arrow, prompt, hint and the choice of camera.

import { cameras, facesUser } from "./camera.js";
import { SERVER, Steady, hintOf } from "./hints.js";
import { seenThrough } from "./optics.js";
import { part, tell } from "./screens.js";
import { speak } from "./voice.js";
import { inLanguage, known, say } from "./words.js";

const SPOKEN_EVERY = 5000; // ms between two spoken hints: a voice that never stops helps nobody
const SERVER_HINT = 4000;
const URGENT = new Set(["covered", "dark", "bright", "no_face", "several"]); // while steps run, the rest would only distract

export class Stage {
  constructor() {
    Object.assign(this, { steady: new Steady(), hint: "", spokenAt: 0, heldUntil: 0, asking: false, mirrored: true });
  }

  /** "before": nothing runs; "resume": the same after a break; "check": the picture runs; "guide": the steps run. */
  phase(name) {
    const runs = name === "check" || name === "guide";
    part("stage").hidden = !runs;
    part("before").hidden = name !== "before";
    part("resume-lead").hidden = name !== "resume";
    part("open").hidden = runs;
    part("ready").hidden = name !== "check";
    part("pick").hidden = name !== "check" || part("cameras").options.length < 2;
    this.asking = name === "guide";
    if (name !== "guide") tell("step", "");
    if (!runs) tell("ask", "");
    part("hint").hidden = !runs;
    if (name !== "check") this.sayHint("", false);
    if (name === "check") this.ask("check");
    if (runs) part("h-camera").classList.add("quiet");
    else part("h-camera").classList.remove("quiet");
  }

  /** The picture as a mirror where the camera looks at the person, and the cameras to choose from. */
  async opened(video) {
    this.mirrored = facesUser(video);
    seenThrough(video);
    part("stage").classList.toggle("mirrored", this.mirrored);
    const now = video.srcObject.getVideoTracks()[0].getSettings().deviceId;
    const list = await cameras();
    part("cameras").replaceChildren(
      ...list.map((one, n) => new Option(one.label || say("camera_n", { n: n + 1 }), one.id, false, one.id === now)),
    );
  }

  /** A look at the picture: the one hint that helps most. */
  seen(look, change) {
    if (performance.now() < this.heldUntil) return;
    const hint = this.steady.feed(hintOf(look, this.asking ? 0 : change));
    if (!hint) return;
    this.hint = hint;
    const quiet = this.asking && !URGENT.has(hint);
    this.sayHint(quiet ? "" : say(`hint.${hint}`), hint === "fine");
  }

  /** A hint of the server on the step before stands for a while. */
  told(hints) {
    const first = hints[0];
    if (!first) return;
    const code = first.code || first;
    const ours = `hint.${SERVER[code] || code}`;
    const text = known(ours) ? say(ours) : inLanguage(first);
    if (!text) return;
    this.heldUntil = performance.now() + SERVER_HINT;
    this.sayHint(text, false);
  }

  sayHint(text, fine) {
    const line = part("hint");
    if (line.textContent === text) return;
    line.classList.toggle("fine", fine);
    document.querySelector(".oval").classList.toggle("fine", fine);
    line.textContent = text;
    if (fine || !text || performance.now() - this.spokenAt < SPOKEN_EVERY) return;
    this.spokenAt = performance.now();
    if (!this.asking) speak(text);
  }

  ask(key) {
    const text = say(`ask.${key}`);
    tell("ask", text);
    speak(text);
    if (key === "done" && navigator.vibrate) navigator.vibrate(80);
  }

  step(n, of) {
    tell("step", say("step_of", { n, of }));
  }

  fine() {
    return this.hint === "fine";
  }

  /** Where to move to, as seen on this screen: in a mirror the person's left is on the left. */
  arrow(motion) {
    const arrow = part("arrow");
    const sides = this.mirrored ? ["to-left", "to-right"] : ["to-right", "to-left"];
    const where = { turn_left: sides[0], turn_right: sides[1], look_up: "up", nod: "down" }[motion] || "";
    const pictures = { nod: "nod", come_closer: "closer" };
    arrow.hidden = !motion;
    arrow.className = where;
    if (motion) arrow.src = document.body.dataset[pictures[motion] || "arrow"];
  }

  flash(colour) {
    part("flash").hidden = !colour;
    part("flash").className = colour;
  }
}
