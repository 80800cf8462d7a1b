// The page's beginning: which screen follows which, and what every button does.

import { askByName, askInSession, withdraw } from "./api.js";
import { appOf, slowLink } from "./browser.js";
import { Problem, newKey } from "./calls.js";
import * as capture from "./capture.js";
import * as code from "./code.js";
import { tellStaff } from "./contest.js";
import { beside, isOf, mark, readComfort, readWay } from "./forms.js";
import * as photo from "./photo.js";
import { showResult, showTrouble } from "./results.js";
import { persist } from "./retry.js";
import { back, busy, current, fault, part, show, tell } from "./screens.js";
import { follow, forget, open, readFragment, visit } from "./visit.js";
import { canSpeak, hush, readOut, setSlow, setVoice, speak, voiceOn } from "./voice.js";
import { readWho } from "./who.js";
import { say } from "./words.js";

const USES_CAMERA = new Set(["camera", "sending"]);
const given = { who: null, comfort: null, route: "flash" };

const on = (id, event, act) => part(id).addEventListener(event, act);
const consent = () => {
  const { text, version, language } = part("consent").dataset;
  return { text, version, language };
};

/** Runs what a button starts; a refusal is told, anything else is a fault of ours and goes to the console as well. */
function press(button, work) {
  busy(button, () => work().catch(told));
}

function told(error) {
  if (!(error instanceof Problem)) {
    showTrouble("service");
    throw error;
  }
  if (besideField(error)) return;
  if (error.status >= 500) showTrouble("service");
  else if (error.status === 429 || error.code === "no_challenge_left") showResult({ outcome: "other_way", reason: texts(error) });
  else fault(error.message || say("trouble.service.title"));
}

/** A refused name or number is told where it was typed. */
function besideField(error) {
  const apart = ["ways", "contest"].includes(current());
  const fields = apart ? [`${current()}-name`, `${current()}-id_number`] : ["name", "id_number", "helper_name"];
  if (!fields.some((one) => isOf(one, error))) return false;
  if (!apart) show("who");
  return beside(error, fields);
}

const texts = (error) => ({ zh: error.message, en: error.message });

/** Everything that was chosen, as the service takes it. */
function plan() {
  const light = !given.comfort.accommodations.includes("cannot_stand_light");
  return {
    ...given.who, ...given.comfort,
    slow: given.comfort.slow || slowLink(), // a slow link needs the longer time as a slow person does
    channel: "phone",
    route: light ? given.route : "no_flash",
    consent: consent(),
  };
}

async function agreed() {
  visit.consented = true;
  if (!visit.linked) {
    visit.plan = plan();
    await open(capture.told);
  }
  setSlow(visit.slow);
  onward();
}

/** To the camera; where a code helps, to that first. */
function onward() {
  if (visit.plan && code.helps(visit.plan.route)) {
    tell("code-sent", "");
    show("code");
  } else capture.enter();
}

async function codeDone() {
  if (await code.give(capture.told)) capture.enter();
}

/** Another try with what was chosen before; after a reload nothing is known any more, so it is asked again. */
async function again(kind) {
  capture.drop();
  if (!visit.plan) {
    forget();
    show("who");
    return;
  }
  if (kind === "slow") visit.plan.slow = true;
  setSlow(visit.plan.slow);
  await open(capture.told);
  onward();
}

async function askOtherWay() {
  const wish = readWay(!visit.id);
  if (!wish) return;
  if (wish.way === "photo") {
    photo.enter();
    return;
  }
  const key = newKey();
  const send = () => (visit.id ? askInSession(visit.id, wish, key) : askByName(wish, key));
  await persist(send, { told: capture.told });
  show("asked");
}

async function contestHold() {
  if (await tellStaff(capture.told)) show("contested");
}

async function takeBack() {
  if (visit.id) await persist(() => withdraw(visit.id), { told: capture.told });
  capture.drop();
  forget();
  show("withdrawn");
}

function whoDone(event) {
  event.preventDefault();
  given.who = readWho();
  if (!given.who) return;
  for (const form of ["ways", "contest"]) {
    for (const one of ["name", "id_number"]) part(`${form}-${one}`).value = part(one).value;
  }
  show("comfort");
}

function comfortDone(event) {
  event.preventDefault();
  given.comfort = readComfort();
  setSlow(given.comfort.slow);
  if (given.comfort.accommodations.includes("cannot_hear")) turnVoice(false);
  show(given.comfort.accommodations.includes("cannot_stand_light") ? "consent" : "light");
}

function turnVoice(wanted) {
  setVoice(wanted);
  part("voice").textContent = say(voiceOn() ? "voice_on" : "voice_off");
  part("voice").setAttribute("aria-pressed", String(voiceOn()));
}

/** What every change of screen brings with it. */
function changed(name) {
  hush();
  if (!USES_CAMERA.has(name)) capture.leave();
  if (name !== "photo") photo.leave();
  part("ways-who").hidden = Boolean(visit.id);
  part("way-photo").hidden = !photo.offered();
  if (!photo.offered()) part("way-photo").querySelector("input").checked = false;
  part("withdraw").hidden = !visit.consented || name === "withdraw" || name === "withdrawn";
  if (name === "sending") capture.settle();
}

function goBack() {
  if (back() === "camera") capture.enter();
}

function wireButtons() {
  document.addEventListener("screen", (event) => changed(event.detail));
  for (const button of document.querySelectorAll("[data-go]")) button.addEventListener("click", () => show(button.dataset.go));
  for (const button of document.querySelectorAll("[data-back]")) button.addEventListener("click", goBack);
  for (const button of document.querySelectorAll("[data-retry]")) {
    button.addEventListener("click", () => press(button, () => again(button.dataset.retry)));
  }
  for (const button of document.querySelectorAll("[data-route]")) {
    button.addEventListener("click", () => {
      given.route = button.dataset.route;
      show("consent");
    });
  }
  on("agree", "click", (event) => press(event.target, agreed));
  on("open", "click", (event) => press(event.target, () => capture.open()));
  on("cameras", "change", (event) => capture.open(event.target.value).catch(told));
  on("ready", "click", (event) => press(event.target, () => capture.run(consent())));
  on("retry", "click", (event) => press(event.target, retryTrouble));
  on("photo-open", "click", (event) => press(event.target, photo.open));
  on("photo-choose", "click", () => part("photo-file").click());
  on("photo-file", "change", (event) => {
    photo.choose(event.target.files[0]).catch(told);
    event.target.value = ""; // the same file may be chosen again
  });
  on("photo-take", "click", photo.take);
  on("photo-again", "click", photo.startOver);
  on("photo-send", "click", (event) => press(event.target, () => photo.send(capture.told)));
  on("withdraw-yes", "click", (event) => press(event.target, takeBack));
}

/** Back to where the trouble was. */
async function retryTrouble() {
  if (!visit.id) {
    goBack();
    return;
  }
  capture.enter();
  await capture.open();
}

function wireForms() {
  on("f-who", "submit", whoDone);
  on("f-comfort", "submit", comfortDone);
  on("f-ways", "submit", (event) => {
    event.preventDefault();
    press(event.submitter, askOtherWay);
  });
  on("f-contest", "submit", (event) => {
    event.preventDefault();
    press(event.submitter, contestHold);
  });
  if (code.offered()) wireCode();
  for (const radio of document.querySelectorAll("[name=operator]")) {
    radio.addEventListener("change", () => (part("helper").hidden = radio.value !== "relative"));
  }
  for (const id of ["name", "id_number", "helper_name", "ways-name", "ways-id_number", "contest-name", "contest-id_number"]) on(id, "input", () => mark(id, ""));
}

function wireCode() {
  on("code-send", "click", (event) => press(event.target, () => code.send(capture.told)));
  on("code-skip", "click", () => capture.enter());
  on("code", "input", () => mark("code", ""));
  on("f-code", "submit", (event) => {
    event.preventDefault();
    press(event.submitter, codeDone);
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
  on("language", "click", (event) => {
    event.target.href = event.target.href.split("#")[0] + location.hash; // the session goes along
  });
}

/** An incoming call or another app: the camera is let go, and what was done is kept. */
function wireAway() {
  document.addEventListener("visibilitychange", () => {
    if (document.visibilityState !== "hidden") return;
    if (current() === "photo") photo.pause();
    if (current() !== "camera") return;
    capture.leave();
    capture.enter();
  });
}

function nameTheApp() {
  const app = appOf();
  if (!app) return;
  const notice = part("in-app");
  notice.querySelector("h2").textContent = say(`trouble.${app}.title`);
  notice.querySelector("p").textContent = say(`trouble.${app}.lead`);
  notice.hidden = false;
}

async function begin() {
  const asked = readFragment();
  if (asked.ticket) {
    await follow(...asked.ticket, capture.told);
    show("consent");
    return;
  }
  if (asked.id) {
    Object.assign(visit, { ...asked, consented: true });
    setSlow(visit.slow);
    if (await capture.resume()) return;
    forget();
    show("over");
    return;
  }
  show(asked.contest ? "contest" : "welcome");
}

wireButtons();
wireForms();
wireVoice();
wireAway();
nameTheApp();
begin().catch((error) => {
  if (!(error instanceof Problem)) throw error;
  forget();
  show("over");
});
