// From the open camera to the outcome: start, guide, send, complete. It survives leaving the screen and coming back.

import { NoCamera, closeCamera, openCamera, running } from "./camera.js";
import { appOf, slowLink } from "./browser.js";
import { colours, complete, printOf, sealStep, state } from "./api.js";
import { Problem, newKey } from "./calls.js";
import { Guide } from "./guide.js";
import { Outbox } from "./outbox.js";
import { optics } from "./optics.js";
import { Recorder } from "./recorder.js";
import { Nudge, persist } from "./retry.js";
import { showResult, showTrouble } from "./results.js";
import { current, fault, part, show, tell } from "./screens.js";
import { Stage } from "./stage.js";
import { Stopped } from "./waiting.js";
import { elapsed, start, visit } from "./visit.js";
import { hush } from "./voice.js";
import { say } from "./words.js";

const SLOW_PACE = 30000; // bytes/s: under it 1.5 MB of full frames would take most of the session's time
const REDO = 2;
const OVER = new Set(["session_expired", "session_unknown", "session_spent", "not_found"]);

const stage = new Stage();
const nudge = new Nudge();
const video = part("video");
const recorder = new Recorder(video, part("stage"), elapsed, (look, change, at) => {
  stage.seen(look, change);
  if (look.faces > 0) document.dispatchEvent(new CustomEvent("face"));
  if (guide) guide.seen(look, change, at);
});
let [guide, outbox, stop, result, running_] = [null, null, null, null, false];
let [camera, awake] = ["", null];

/** Shows that the network is away, in the place where the person looks. */
export function told(link) {
  fault(link === "lost" ? say("lost") : "");
}

/** The camera screen, with nothing running yet. */
export function enter() {
  result = null;
  show("camera");
  stage.phase(visit.begun ? "resume" : "before");
}

/** Opens the camera and shows the picture. */
export async function open(deviceId = camera) {
  try {
    await openCamera(video, deviceId);
    camera = deviceId;
    await stage.opened(video);
    stage.phase("check");
    recorder.start();
    part("ready").focus();
  } catch (error) {
    if (!(error instanceof NoCamera)) throw error;
    showTrouble(error.kind === "none" ? "none" : appOf() || error.kind);
  }
}

/** Lets everything go that uses the camera; what was sent stays sent. */
export function leave() {
  if (stop) stop.abort();
  recorder.stop();
  closeCamera(video);
  hush();
  if (awake) awake.release();
  awake = null;
}

/** Nobody touches the screen while turning the head, and phones go dark after half a minute of that. */
async function keepAwake() {
  try {
    awake = navigator.wakeLock ? await navigator.wakeLock.request("screen") : null;
  } catch {
    awake = null; // a phone that saves its battery refuses; everything else works on
  }
}

/** Gives the session up altogether. */
export function drop() {
  leave();
  recorder.wipe();
  if (outbox) outbox.close();
  [guide, outbox, result] = [null, null, null];
}

/** The whole capture. consent: what was agreed to, for a session that somebody else opened */
export async function run(consent) {
  if (running_) return;
  running_ = true;
  stop = new AbortController();
  try {
    await keepAwake();
    const lostFrom = await prepare();
    await follow(await start(consent, told, lostFrom), consent, stop.signal);
    await finish();
  } catch (error) {
    await failed(error);
  } finally {
    running_ = false;
  }
}

/**
 * The outbox of this session, as the server says what it has. Returns the first step that is sealed and lost: by a
 * reload, or because the person went elsewhere while a seal's answer was on its way.
 */
async function prepare() {
  if (!outbox || outbox.id !== visit.id) {
    if (outbox) outbox.close();
    outbox = new Outbox(visit.id, nudge, changed);
  }
  const known = await persist(() => state(visit.id), { told, nudge });
  outbox.accepted(known.accepted || []);
  outbox.again();
  return outbox.missing(known.sealed || []);
}

/** The calls between two steps. A seal is sent until it arrives: the server's clock says whether that was in time. */
function calls(consent) {
  const sent = (send) => persist(send, { told, nudge, stop: stop.signal });
  return {
    seal: async (n, frames) => {
      const [prints, key] = [await Promise.all(frames.map(printOf)), newKey()];
      return sent(() => sealStep(visit.id, n, prints, key));
    },
    colours: () => {
      const key = newKey();
      return sent(() => colours(visit.id, key));
    },
    again: () => start(consent, told),
  };
}

/** Guides through what is missing; pictures that cannot be used are taken again. */
async function follow(first, consent, signal) {
  let asked = first;
  for (let round = 0; round <= REDO; round += 1) {
    if (outbox.refused !== null) asked = await start(consent, told, outbox.refused);
    if (current() !== "camera") show("camera");
    if (!running(video)) await openCamera(video, camera);
    stage.phase("guide");
    recorder.start();
    guide = new Guide(recorder, outbox, stage, calls(consent), visit.slow);
    const thrift = slow();
    recorder.economy = thrift ? optics.thrifty : optics.full;
    outbox.refused = null;
    await guide.run(asked, thrift, signal);
    if (outbox.refused !== null) continue;
    recorder.stop();
    closeCamera(video);
    show("sending");
    changed(outbox);
    await outbox.flush();
    if (outbox.refused === null) return;
  }
  throw new Problem(422, { code: "step_refused" });
}

const slow = () => slowLink() || (outbox.pace > 0 && outbox.pace < SLOW_PACE);

async function finish() {
  const words = (link) => tell("sending", say(link === "lost" ? "sending.lost" : "sending.judging"));
  words("");
  part("progress").removeAttribute("value");
  const id = visit.id;
  const answer = await persist(() => complete(id), { told: words, nudge });
  if (id !== visit.id) return; // somebody else stands here now
  result = answer;
  settle();
}

/** Shows the result, unless the person is just writing elsewhere; then on coming back. */
export function settle() {
  if (!result || current() !== "sending") return;
  showResult(result);
  result = null;
}

/** What the outbox did. */
function changed(box) {
  if (box.hints.length) stage.told(box.hints.splice(0));
  if (current() !== "sending") return;
  const of = Math.max(box.done.size + box.queue.length, 1);
  part("progress").max = of;
  part("progress").value = box.done.size;
  if (box.link === "lost") tell("sending", say("sending.lost"));
  else if (slow()) tell("sending", say("sending.slow"));
  else tell("sending", say("sending.part", { n: box.done.size, of }));
}

async function failed(error) {
  recorder.stop();
  if (error instanceof Stopped) return;
  closeCamera(video);
  if (error instanceof NoCamera) showTrouble(appOf() || error.kind);
  else if (error instanceof Problem && OVER.has(error.code)) show("over");
  else if (error instanceof Problem && error.code === "step_refused") showResult({ outcome: "other_way" });
  else if (error instanceof Problem && error.status < 500) showResult({ outcome: "other_way", reason: { zh: error.message, en: error.message } });
  else showTrouble("service");
  if (!(error instanceof Problem || error instanceof NoCamera)) throw error;
}

/** After a reload: where it stood. Says false where there is nothing to go on with. */
export async function resume() {
  const known = await persist(() => state(visit.id), { told, nudge });
  if (known.state === "claimed" || known.state === "decided") {
    show("sending");
    finish().catch(failed);
    return true;
  }
  if (known.state === "expired" || known.state === "ended") return false;
  enter();
  return true;
}

part("now").addEventListener("click", () => nudge.now());
