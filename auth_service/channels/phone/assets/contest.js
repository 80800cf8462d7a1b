// "I am here": whoever hears that a payment is held says that it is wrong, in two taps and without a camera.

import { newKey } from "./calls.js";
import { filled, tidyNumber } from "./forms.js";
import { contest } from "./link.js";
import { persist } from "./retry.js";
import { part } from "./screens.js";

/** Tells the staff; false while a name or number is missing. `told` as in retry.js. Throws Problem. */
export async function tellStaff(told) {
  if (!filled(["name", "id_number"], "contest-")) return false;
  const said = { id_number: tidyNumber(part("contest-id_number").value), name: part("contest-name").value.trim(), words: part("words").value.trim() };
  const key = newKey();
  await persist(() => contest(said, key), { told });
  return true;
}
