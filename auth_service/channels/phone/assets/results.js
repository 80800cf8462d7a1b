// How it ended, in the words of the server's reason.

import { part, show, tell } from "./screens.js";
import { speak } from "./voice.js";
import { inLanguage, say } from "./words.js";

const SCREEN = { passed: "passed", try_again: "again", in_review: "review", other_way: "otherway", collected: "collected" };

/** Shows the screen of an outcome; one that this page does not know leads to the other ways, never to a pass. */
export function showResult(answer) {
  const name = SCREEN[answer.outcome] || "otherway";
  const reason = inLanguage(answer.reason);
  if (name === "passed") fillPassed(answer);
  else tell(`${name}-reason`, reason);
  show(name);
  speak([part(`h-${name}`).textContent, name === "passed" ? "" : reason].join(" "));
}

function fillPassed({ certificate, due_on: due }) {
  const serial = certificate ? certificate.serial : "";
  tell("due", due || "—");
  tell("serial", serial ? serial.match(/.{1,4}/g).join(" ") : "—");
  part("certificate").hidden = !serial;
  part("qr").hidden = !serial;
  if (!serial) return;
  part("certificate").href = certificate.url ? new URL(certificate.url, location.origin).pathname : `/certificates/${serial}`;
  part("qr").src = `/certificates/${serial}/qr.svg`;
}

/** The screen for trouble; the kinds stand in the table of words under `trouble.`. */
export function showTrouble(kind) {
  part("h-trouble").textContent = say(`trouble.${kind}.title`);
  part("trouble-lead").textContent = say(`trouble.${kind}.lead`);
  show("trouble");
  speak(`${say(`trouble.${kind}.title`)} ${say(`trouble.${kind}.lead`)}`);
}
