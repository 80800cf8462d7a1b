// What the person typed and ticked.

import { part, tell } from "./screens.js";
import { known, say } from "./words.js";

/** Full-width digits and letters as ordinary ones, no spaces: what phones' keyboards make of a number. */
export function tidyNumber(text) {
  const plain = text.replace(/[\uff01-\uff5e]/g, (one) => String.fromCharCode(one.charCodeAt(0) - 0xfee0));
  return plain.replace(/\s/g, "").toUpperCase();
}

/** Marks a field as wrong with a sentence; "" takes the mark away. */
export function mark(field, text) {
  tell(`e-${field}`, text);
  const input = part(field);
  if (!input) return;
  if (text) input.setAttribute("aria-invalid", "true");
  else input.removeAttribute("aria-invalid");
}

/** Whether all named fields hold something; the first empty one gets the focus. prefix: of their ids */
export function filled(names, prefix = "") {
  const empty = names.filter((name) => !part(prefix + name).value.trim());
  for (const name of names) mark(prefix + name, empty.includes(name) ? say(`field.${name}`) : "");
  if (empty.length) part(prefix + empty[0]).focus();
  return empty.length === 0;
}

/** What suits the person. */
export function readComfort() {
  const form = part("f-comfort");
  const ticked = [...form.querySelectorAll("[name=accommodation]:checked")].map((one) => one.value);
  return { accommodations: ticked, slow: form.slow.checked };
}

/** The other way that was chosen, with whom it is for unless a session knows; or null. */
export function readWay(needsWho) {
  const form = part("f-ways");
  const way = form.way.value;
  tell("e-way", way ? "" : say("field.way"));
  if (!way) {
    form.querySelector("[name=way]").focus();
    return null;
  }
  if (needsWho && !filled(["name", "id_number"], "ways-")) return null;
  const phone = part("phone") ? part("phone").value.trim() : "";
  const who = () => ({ id_number: tidyNumber(part("ways-id_number").value), name: part("ways-name").value.trim() });
  return { way, ...(phone ? { phone } : {}), ...(needsWho ? who() : {}) };
}

/** Whether a field of some form is the one that a refusal names. */
export const isOf = (field, problem) => field === problem.field || field.endsWith(`-${problem.field}`);

/** Puts a refusal beside the field that it is about; says whether there is one. */
export function beside(problem, fields) {
  const field = fields.find((one) => isOf(one, problem));
  if (!field) return false;
  mark(field, problem.message || (known(`field.${problem.field}`) ? say(`field.${problem.field}`) : ""));
  part(field).focus();
  return true;
}
