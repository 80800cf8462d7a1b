// Records that came to nothing, as the staff beside the kiosk are told of them: receipt number, code and what to do.
// Nothing of a person: whoever holds the slip with that number is found by it.

import { alone } from "./counts.js";
import { part, show } from "./screens.js";
import { keep, recall } from "./store.js";
import { inLanguage, say } from "./words.js";

const MOST = 200; // the newest; source: own decision, more than a kiosk captures in a day

/** Those that nobody has seen to: [{number, code, zh, en, stuck}]. */
export const notices = async () => (await recall("notices")) || [];

/** The list with one more, for the transaction in which the record goes. Call it `alone`. */
export async function withNotice({ number, code, zh, en, stuck }) {
  const others = (await notices()).filter((one) => one.number !== number);
  return [...others, { number, code, zh, en, stuck: Boolean(stuck) }].slice(-MOST);
}

/** The button at the foot of a screen where nobody's things are. */
export async function tellStaff(free) {
  const { length: n } = await notices();
  part("staff").textContent = n ? say("refused.line", { n }) : "";
  part("staff").hidden = !n || !free;
}

function line(name, text) {
  const made = document.createElement("p");
  made.className = name;
  made.textContent = text;
  return made;
}

/** The screen for staff. */
export async function showNotices() {
  const lines = (await notices()).map((one) => {
    const entry = document.createElement("li");
    entry.append(
      line("mono", one.number),
      line("", `${one.code} · ${inLanguage(one)}`),
      line("do", say(one.stuck ? "refused.technician" : "refused.again")),
    );
    return entry;
  });
  part("refused").replaceChildren(...lines);
  show("refused");
}

/** Staff have seen to all that was shown; what came meanwhile stays. */
export async function seenTo() {
  const shown = new Set([...part("refused").querySelectorAll(".mono")].map((one) => one.textContent));
  await alone(async () => keep({ notices: (await notices()).filter((one) => !shown.has(one.number)) }));
  part("refused").replaceChildren();
}
