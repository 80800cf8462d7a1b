// The slip: what people take along. Through the bridge where it has a printer, else through the browser on 80 mm paper.

import * as bridge from "./bridge.js";
import { part } from "./screens.js";
import { say } from "./words.js";

const two = (number) => String(number).padStart(2, "0");

/** As clocks on the wall show it. */
export function time(ms) {
  const at = new Date(ms);
  return `${at.getFullYear()}-${two(at.getMonth() + 1)}-${two(at.getDate())} ${two(at.getHours())}:${two(at.getMinutes())}`;
}

/** The slip of a pass: no name and no ID number, because slips are left lying. */
export function ofPass({ serial, due, url, at }) {
  return {
    title: say("slip.passed"),
    lines: [[say("slip.at"), time(at)], [say("slip.serial"), serial || "—"], [say("slip.due"), due || "—"]],
    qr: url, note: say("slip.passed.note"),
  };
}

/** The slip of a capture without a line says that it is none of a pass. */
export function ofReceipt({ number, at }) {
  return { title: say("slip.kept"), lines: [[say("slip.at"), time(at)], [say("slip.number"), number]], qr: "", note: say("slip.kept.note") };
}

/** Fills the paper of the browser. picture: address of the QR code, or "" */
function fill(slip, picture) {
  const list = slip.lines.flatMap(([label, value]) => {
    const [dt, dd] = [document.createElement("dt"), document.createElement("dd")];
    [dt.textContent, dd.textContent] = [label, value];
    return [dt, dd];
  });
  part("slip-title").textContent = slip.title;
  part("slip-lines").replaceChildren(...list);
  part("slip-note").textContent = slip.note;
  part("slip-qr").hidden = !picture;
  if (picture) part("slip-qr").src = picture;
  else part("slip-qr").removeAttribute("src");
}

/** Prints; says which way. */
export async function print(slip, picture = "") {
  if (await bridge.print(slip)) return "bridge";
  fill(slip, picture);
  if (picture) await part("slip-qr").decode().catch(() => {}); // a slip without its code still has the number
  window.print();
  return "browser";
}

/** Nothing of anybody stays on the paper. */
export function clear() {
  fill({ title: "", lines: [], note: "" }, "");
}
