// Who is at the phone, as typed.

import { filled, tidyNumber } from "./forms.js";
import { part } from "./screens.js";

/** Who it is and who helps, or null while something is missing. */
export function readWho() {
  const form = part("f-who");
  const helped = form.operator.value === "relative";
  if (!filled(helped ? ["name", "id_number", "helper_name"] : ["name", "id_number"])) return null;
  const who = { id_number: tidyNumber(form.id_number.value), name: part("name").value.trim() };
  if (helped) who.helper = { name: form.helper_name.value.trim(), relation: form.relation.value };
  return who;
}
