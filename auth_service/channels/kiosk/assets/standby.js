// What goes on by itself: looking after the line, the challenges for times without one, the records that wait, the
// hardware, and the card reader while nobody stands here.

import * as bridge from "./bridge.js";
import { Lost, Problem } from "./calls.js";
import { tellDays } from "./counts.js";
import { device, look } from "./device.js";
import { tellStaff } from "./notices.js";
import { setLens } from "./optics.js";
import { count, drain, hurry } from "./queue.js";
import { current, part, tell } from "./screens.js";
import { canReload } from "./shell.js";
import { refill } from "./tickets.js";
import { Stopped } from "./waiting.js";
import { say } from "./words.js";

const BEAT = 2000;
const UP_MS = 60000; // a revocation is in force within 60 s
const DOWN_MS = 10000;
const OLD_MS = 12 * 3600 * 1000; // a page that is older is loaded anew while nobody stands here: there may be a new release

let [running, lookedAt, reading, asked] = [false, -Infinity, null, null];

/** asked: free() says whether nobody stands here; card(card) takes a card that was read; home() leads to the start */
export function standBy(by) {
  asked = by;
  if (running) return;
  running = true;
  document.addEventListener("line", () => tellLine());
  document.addEventListener("queue", () => tellLine());
  document.addEventListener("barred", () => asked.free() && asked.home());
  document.addEventListener("screen", (event) => (event.detail === "start" ? undefined : stopReading()));
  document.addEventListener("screen", () => tellStaff(asked.free()));
  window.addEventListener("online", () => (lookedAt = -Infinity));
  tellLine();
  beat();
}

async function beat() {
  try {
    await lookAfter();
  } catch (error) {
    if (!(error instanceof Lost || error instanceof Problem)) throw error; // told by the line at the foot of the page
  } finally {
    setTimeout(beat, BEAT);
  }
}

async function lookAfter() {
  if (current() === "start") {
    await bridge.look();
    tellCard();
    read();
  }
  if (performance.now() - lookedAt > (device.line ? UP_MS : DOWN_MS)) {
    const before = device.line;
    lookedAt = performance.now();
    setLens((await look()).lens_profile);
    if (!before) hurry();
    await handIn();
    if (!device.barred) await refill();
  }
  if (device.line) await drain();
  if (current() === "start" && device.line && performance.now() > OLD_MS && canReload()) location.reload();
}

/** A kiosk that starts nothing new still hands in what it holds; the day is counted once nothing of it waits. */
async function handIn() {
  await drain();
  if (!(await count()).waiting) await tellDays();
}

/** Waits for a card while the start screen is shown. */
function read() {
  if (reading || !bridge.bridge.card || current() !== "start") return;
  reading = new AbortController();
  const mine = reading;
  bridge.card(mine.signal).then((card) => {
    if (reading === mine && current() === "start") asked.card(card);
  }, (error) => {
    if (!(error instanceof Stopped)) throw error;
  }).finally(() => {
    if (reading === mine) reading = null;
  });
}

function stopReading() {
  if (reading) reading.abort();
  reading = null;
}

function tellCard() {
  part("start-card").hidden = !bridge.bridge.card;
  const title = say(bridge.bridge.card ? "start.card" : "start.number");
  if (part("h-start").textContent !== title) part("h-start").textContent = title;
}

async function tellLine() {
  const { waiting, stuck } = await count();
  const words = [device.line ? "" : say("line.down"), waiting ? say("line.queue", { n: waiting }) : "", stuck ? say("line.stuck", { n: stuck }) : ""];
  tell("line", words.filter(Boolean).join(" · "));
  await tellStaff(asked.free());
}
