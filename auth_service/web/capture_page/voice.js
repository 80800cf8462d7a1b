// Speaks what is written, in the page's language. What is spoken always stands on the screen too; nothing waits for it.

import { language } from "./words.js";

const speech = window.speechSynthesis;
let on = Boolean(speech);
let slow = false;

export const canSpeak = Boolean(speech);
export const voiceOn = () => on;

export function setVoice(wanted) {
  on = canSpeak && wanted;
  if (!on) hush();
}

export function setSlow(wanted) {
  slow = wanted;
}

export function hush() {
  if (speech) speech.cancel();
}

/** Says it now; what was being said is cut off, because it no longer applies. */
export function speak(text) {
  if (!on || !text) return;
  speech.cancel();
  const words = new SpeechSynthesisUtterance(text);
  words.lang = language === "zh" ? "zh-CN" : "en";
  words.rate = slow ? 0.75 : 0.9;
  speech.speak(words);
}

/** A longer text, paragraph by paragraph: some phones stop after a quarter of a minute of one. */
export function readOut(paragraphs) {
  if (!canSpeak) return;
  speech.cancel();
  for (const text of paragraphs) {
    const words = new SpeechSynthesisUtterance(text);
    words.lang = language === "zh" ? "zh-CN" : "en";
    words.rate = 0.85;
    speech.speak(words);
  }
}
