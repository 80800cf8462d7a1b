// The kiosk's beginning: which screen follows which, and what every button does.

import { askByName, askInSession, withdraw } from "./api.js";
import * as bridge from "./bridge.js";
import { Lost, Problem, newKey } from "./calls.js";
import * as capture from "./capture.js";
import { KIOSK, ask, device, enrol, known, now, readClock } from "./device.js";
import { readComfort, readWay } from "./forms.js";
import { Idle } from "./idle.js";
import { localSession } from "./offline.js";
import { seenTo, showNotices } from "./notices.js";
import { setLens } from "./optics.js";
import * as pad from "./pad.js";
import { clearPassed, printPaper } from "./passed.js";
import { showResult, showTrouble } from "./results.js";
import { back, busy, current, fault, forgetTrail, part, show, tell } from "./screens.js";
import { canReload, keepShell } from "./shell.js";
import * as slip from "./slip.js";
import { standBy } from "./standby.js";
import { forget, leaveSession, open, openLocally, visit } from "./visit.js";
import { canSpeak, hush, readOut, setSlow, setVoice, speak, voiceOn } from "./voice.js";
import { Stopped } from "./waiting.js";
import { language, say } from "./words.js";

const USES_CAMERA = new Set(["camera", "sending"]);
const NOBODYS = new Set(["loading", "enrol", "closed", "start"]);
const SPEAKS_ITSELF = new Set([...USES_CAMERA, ...NOBODYS, "passed", "kept", "again", "review", "otherway", "trouble", "called"]);
const ENDED = new Set(["passed", "kept", "again", "review", "otherway", "over", "asked"]);
const given = { route: "flash", comfort: { accommodations: [], slow: false }, wish: null, ended: false };

const on = (id, event, act) => part(id).addEventListener(event, act);
const every = (selector, act) => {
  for (const one of document.querySelectorAll(selector)) one.addEventListener("click", () => act(one));
};
const consent = () => ({ version: part("consent").dataset.version, language: part("consent").dataset.language });

/** Runs what a button starts; a refusal is told, anything else is a fault of ours and goes to the console as well. */
function press(button, work) {
  return busy(button, () => work().catch(told));
}

function told(error) {
  if (error instanceof Stopped) return;
  if (error instanceof Lost) fault(say("trouble.service.lead"));
  else if (!(error instanceof Problem)) {
    showTrouble("service");
    throw error;
  } else if (device.barred) show("closed");
  else if (error.field === "id_number" && !visit.card) {
    show("number");
    tell("e-number", error.message);
  } else if (error.status >= 500) showTrouble("service");
  else showResult({ outcome: "other_way", reason: { zh: error.message, en: error.message } });
}

// ---- who it is

const idle = new Idle(warn, leave);

function warn(left) {
  const dialog = part("idle");
  tell("idle-left", left === null ? "" : say("idle.left", { n: left }));
  if (left === null) dialog.close();
  else if (!dialog.open) {
    dialog.showModal();
    speak(part("h-idle").textContent);
  }
}

/** The person is gone or done: everything of theirs goes, and the next one is met in the language of most. */
function leave() {
  wipe();
  if (language === "en" && canReload()) location.replace("/kiosk?lang=zh");
}

/** Everything of this person goes: from the screen, from memory, and what the service holds of an unfinished try. */
function wipe() {
  if (visit.id && !given.ended) withdraw(visit.id).catch(() => {}); // ends by itself in minutes where this does not arrive
  hush();
  capture.drop();
  if (part("idle").open) part("idle").close();
  for (const form of document.forms) form.reset();
  for (const id of ["hello-name", "hello-number", "name-number", "again-reason", "review-reason", "otherway-reason", "review-next", "otherway-next", "called", "sending"]) tell(id, "");
  pad.clear();
  clearPassed();
  slip.clear();
  forget();
  Object.assign(given, { route: "flash", comfort: { accommodations: [], slow: false }, wish: null, ended: false });
  setSlow(false);
  turnVoice(canSpeak);
  forgetTrail();
  show(device.barred ? "closed" : "start");
}

function cardRead({ id_number: number, name, portrait }) {
  Object.assign(visit, { who: { id_number: number, name }, card: true, portrait });
  tell("hello-name", name);
  tell("hello-number", pad.masked(number));
  show("hello");
}

function numberDone(event) {
  event.preventDefault();
  const number = pad.typed();
  if (!pad.fits(number)) {
    const text = say(number.length < 18 ? "number.short" : "number.wrong");
    tell("e-number", text);
    part("number").setAttribute("aria-invalid", "true");
    speak(text);
    return;
  }
  tell("name-number", pad.grouped(number));
  show("name");
}

function nameDone(event) {
  event.preventDefault();
  const name = part("name").value.trim();
  Object.assign(visit, { who: { id_number: pad.typed(), ...(name ? { name } : {}) }, card: false });
  if (given.wish) press(event.submitter, sendWish);
  else show("consent");
}

// ---- capture

/** Everything that was chosen, as the service takes it. */
function plan() {
  return { ...visit.who, ...(visit.card ? { card: { read: true } } : {}), ...given.comfort, route: given.route, consent: consent() };
}

/** To the camera: with the service, or without a line by what it drew before. */
async function start() {
  visit.plan = visit.plan || plan();
  given.ended = false;
  setSlow(visit.plan.slow);
  try {
    if (!device.line) throw new Lost("no line");
    await open();
  } catch (error) {
    if (!(error instanceof Lost)) throw error;
    if (!(await startLocally())) return;
  }
  await toCamera();
}

async function startLocally() {
  const local = await localSession(visit.plan, visit.consentedAt);
  if (local) openLocally(local);
  else show("shut");
  return Boolean(local);
}

async function toCamera() {
  capture.enter();
  await capture.open();
}

/** The line was lost in the middle: once more, without it. Nothing has to be typed again. */
async function goOnAlone() {
  capture.drop();
  leaveSession();
  if (!(await startLocally())) return;
  await toCamera();
  fault(say("line.gone"));
  speak(say("line.gone"));
}

async function again(kind) {
  capture.drop();
  if (kind === "slow") Object.assign(visit.plan, { slow: true });
  await start();
}

// ---- other ways, staff

async function askOtherWay() {
  const wish = readWay(false);
  if (!wish) return;
  if (wish.way === "here") {
    await callStaff();
    return;
  }
  given.wish = wish;
  if (visit.id || visit.who) await sendWish();
  else show("number");
}

async function sendWish() {
  const inSession = visit.id && !visit.local;
  await (inSession ? askInSession(visit.id, given.wish, newKey()) : askByName({ ...visit.who, ...given.wish }, newKey()));
  given.wish = null;
  show("asked");
}

/** By the lamp on the machine and to whoever watches over the terminals; the words say only what arrived. */
async function callStaff() {
  const far = device.id && device.line ? ask("POST", `${KIOSK}/staff-calls`, { json: {} }) : Promise.reject(new Lost(""));
  const [near, there] = await Promise.all([bridge.call(), far.then(() => true, () => false)]);
  const heard = near || there;
  part("h-called").textContent = say(heard ? "called.title" : "called.title.nobody");
  tell("called", say(heard ? "called.coming" : "called.nobody"));
  show("called");
  speak(`${part("h-called").textContent} ${part("called").textContent}`);
}

async function takeBack() {
  if (visit.id) await withdraw(visit.id);
  capture.drop();
  leaveSession();
  visit.consented = false;
  show("withdrawn");
}

// ---- screens

/** What every change of screen brings with it. */
function changed(name) {
  hush();
  if (!USES_CAMERA.has(name)) capture.leave();
  if (ENDED.has(name)) given.ended = true;
  part("leave").hidden = NOBODYS.has(name);
  part("withdraw").hidden = !visit.consented || ["withdraw", "withdrawn", "kept", "passed"].includes(name);
  for (const line of document.querySelectorAll(".printed")) line.hidden = true;
  idle.watch(!NOBODYS.has(name) || (name === "start" && language === "en"));
  if (name === "number") tell("e-number", "");
  if (name === "sending") capture.settle();
  if (!SPEAKS_ITSELF.has(name)) speak(part(`h-${name}`).textContent);
}

function goBack() {
  if (back() === "camera") toCamera().catch(told);
}

function turnVoice(wanted) {
  setVoice(wanted);
  part("voice").textContent = say(voiceOn() ? "voice_on" : "voice_off");
  part("voice").setAttribute("aria-pressed", String(voiceOn()));
}

function wireButtons() {
  document.addEventListener("screen", (event) => changed(event.detail));
  document.addEventListener("face", () => idle.face());
  document.addEventListener("gone", () => goOnAlone().catch(told));
  document.addEventListener("contextmenu", (event) => event.preventDefault());
  every("[data-go]", (button) => show(button.dataset.go));
  every("[data-back]", goBack);
  every("[data-leave]", leave);
  every("[data-call]", (button) => press(button, callStaff));
  every("[data-retry]", (button) => press(button, () => again(button.dataset.retry)));
  every("[data-print]", (button) => press(button, async () => {
    await printPaper();
    for (const line of document.querySelectorAll(".printed")) [line.textContent, line.hidden] = [say("printed"), false];
  }));
  every("[data-route]", (button) => {
    given.route = button.dataset.route;
    press(button, start);
  });
  on("call", "click", (event) => press(event.target, callStaff));
  on("leave", "click", leave);
  on("staff", "click", showNotices);
  on("refused-seen", "click", () => seenTo().then(leave));
  on("by-number", "click", () => show("number"));
  on("name-no", "click", () => show("number"));
  on("hello-yes", "click", () => show("consent"));
  on("agree", "click", agreed);
  on("open", "click", (event) => press(event.target, () => capture.open()));
  on("cameras", "change", (event) => capture.open(event.target.value).catch(told));
  on("ready", "click", (event) => press(event.target, () => capture.run(consent())));
  on("retry", "click", (event) => press(event.target, toCamera));
  on("withdraw-yes", "click", (event) => press(event.target, takeBack));
}

function agreed() {
  Object.assign(visit, { consented: true, consentedAt: now() });
  show("light");
}

function comfortDone(event) {
  event.preventDefault();
  given.comfort = readComfort();
  setSlow(given.comfort.slow);
  if (given.comfort.accommodations.includes("cannot_hear")) turnVoice(false);
  show("light");
}

function wireForms() {
  pad.wire(() => {
    tell("e-number", "");
    part("number").removeAttribute("aria-invalid");
  });
  on("f-number", "submit", numberDone);
  on("f-name", "submit", nameDone);
  on("f-comfort", "submit", comfortDone);
  on("f-ways", "submit", (event) => {
    event.preventDefault();
    press(event.submitter, askOtherWay);
  });
  on("f-enrol", "submit", (event) => {
    event.preventDefault();
    press(event.submitter, setUp);
  });
}

function wireVoice() {
  part("voice").hidden = part("listen").hidden = !canSpeak;
  turnVoice(canSpeak);
  on("voice", "click", () => {
    turnVoice(!voiceOn());
    if (voiceOn()) speak(part(`h-${current()}`).textContent);
  });
  on("listen", "click", () => readOut([...part("consent").children].map((one) => one.textContent)));
  on("down", "click", () => part("consent").scrollBy({ top: 0.8 * part("consent").clientHeight, behavior: "smooth" }));
}

async function setUp() {
  const code = part("enrol-code").value.trim();
  tell("e-enrol-code", code ? "" : say("enrol.code"));
  if (!code) return;
  try {
    await enrol(code, part("enrol-secret").value.trim());
  } catch (error) {
    if (!(error instanceof Lost || error instanceof Problem)) throw error;
    tell("e-enrol-code", error instanceof Problem && error.message ? error.message : say("enrol.failed"));
    return;
  }
  part("f-enrol").reset();
  await ready();
}

async function ready() {
  setLens(device.status && device.status.lens_profile);
  wipe();
  standBy({ free: () => current() === "start" || current() === "closed", card: cardRead, home: wipe });
}

async function begin() {
  await readClock(document.body.dataset.arrow);
  if (await known()) await ready();
  else show("enrol");
}

wireButtons();
wireForms();
wireVoice();
keepShell();
begin();
