// What the kiosk shows of a pass, and of a capture that waits for the line.

import { now } from "./device.js";
import { part, tell } from "./screens.js";
import { ofPass, ofReceipt, print, time } from "./slip.js";

/** Outcome -> screen. */
export const SCREENS = { passed: "passed", kept: "kept", try_again: "again", in_review: "review", other_way: "otherway" };

let paper = null;

const spaced = (serial) => serial.match(/.{1,4}/g).join(" ");

/** Fills the screen of a pass or of a receipt; says whether it was one. */
export function fillPassed(answer, screen) {
  if (screen === "kept") fillKept(answer.receipt);
  if (screen === "passed") fillPass(answer);
  return screen === "kept" || screen === "passed";
}

function fillPass({ certificate, due_on: due }) {
  const serial = certificate ? certificate.serial : "";
  tell("due", due || "");
  part("due-line").hidden = !due;
  tell("serial", serial ? spaced(serial) : "—");
  const picture = serial ? `/kiosk/certificates/${serial}/qr.svg` : "";
  part("qr").hidden = !serial;
  if (serial) part("qr").src = picture;
  const slip = ofPass({ serial: serial ? spaced(serial) : "", due, url: certificate ? certificate.url : "", at: now() });
  paper = { slip, picture };
}

function fillKept({ number, at }) {
  tell("kept-at", time(Date.parse(at)));
  tell("kept-number", number);
  paper = { slip: ofReceipt({ number, at: Date.parse(at) }), picture: "" };
}

/** Prints the slip of what is shown. */
export const printPaper = () => (paper ? print(paper.slip, paper.picture) : null);

/** Nothing of anybody stays on these screens. */
export function clearPassed() {
  paper = null;
  for (const id of ["due", "serial", "kept-at", "kept-number"]) tell(id, "");
  part("qr").removeAttribute("src");
  part("qr").hidden = true;
}
