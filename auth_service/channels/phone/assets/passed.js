// What the phone shows of a pass.

import { part, tell } from "./screens.js";

/** Outcome -> screen. */
export const SCREENS = { passed: "passed", try_again: "again", in_review: "review", other_way: "otherway", collected: "collected" };

/** Fills the screen of a pass; says whether it was one. */
export function fillPassed({ certificate, due_on: due }, screen) {
  if (screen !== "passed") return false;
  const serial = certificate ? certificate.serial : "";
  tell("due", due || "—");
  tell("serial", serial ? serial.match(/.{1,4}/g).join(" ") : "—");
  part("certificate").hidden = !serial;
  part("qr").hidden = !serial;
  if (!serial) return true;
  part("certificate").href = certificate.url ? new URL(certificate.url, location.origin).pathname : `/certificates/${serial}`;
  part("qr").src = `/certificates/${serial}/qr.svg`;
  return true;
}
