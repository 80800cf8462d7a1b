// How it ended, in the words of the server's reason. Each page has a passed.js of its own for what it shows of a pass.

import { SCREENS, fillPassed } from "./passed.js";
import { part, show, tell } from "./screens.js";
import { speak } from "./voice.js";
import { inLanguage, known, say } from "./words.js";

/** Shows the screen of an outcome; one that this page does not know leads to the other ways, never to a pass. */
export function showResult(answer) {
  const name = SCREENS[answer.outcome] || "otherway";
  const reason = inLanguage(answer.reason);
  const filled = fillPassed(answer, name);
  if (!filled) tell(`${name}-reason`, reason);
  const next = tellNext(name, answer.next_way);
  show(name);
  speak([part(`h-${name}`).textContent, filled ? "" : reason, next].join(" "));
}

/** Which way the service proposes first and why, on a screen that has a place for it; all others stay on their button. */
function tellNext(name, way) {
  if (!part(`${name}-next`)) return "";
  const words = known(`next.${way}`) ? say(`next.${way}`) : "";
  const text = words && name === "review" ? say("next.rather", { way: words }) : words;
  tell(`${name}-next`, text);
  return text;
}

/** The screen for trouble; the kinds stand in the table of words under `trouble.`. */
export function showTrouble(kind) {
  part("h-trouble").textContent = say(`trouble.${kind}.title`);
  part("trouble-lead").textContent = say(`trouble.${kind}.lead`);
  show("trouble");
  speak(`${say(`trouble.${kind}.title`)} ${say(`trouble.${kind}.lead`)}`);
}
