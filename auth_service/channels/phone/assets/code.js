// The one-time code of the way without colours: sent to the telephone on file, typed here, or done without.

import { Problem, newKey } from "./calls.js";
import { beside, tidyNumber } from "./forms.js";
import { giveCode, sendCode } from "./link.js";
import { persist } from "./retry.js";
import { fault, part, tell } from "./screens.js";
import { visit } from "./visit.js";
import { say } from "./words.js";

/** Whether this agency sends codes. */
export const offered = () => Boolean(part("s-code"));

/** Whether a code helps on this route: where colours do not count yet, on every one. */
export const helps = (route) => offered() && (route === "no_flash" || part("s-code").dataset.always === "yes");

/** Sends one; the answer is the same whether or not there is a telephone to send it to. */
export async function send(told) {
  const key = newKey();
  await mended(async () => {
    await persist(() => sendCode(visit.id, key), { told });
    tell("code-sent", say("code_sent"));
    part("code").focus();
  });
}

/** Whether the code that was typed is the one that was sent. */
export async function give(told) {
  const key = newKey();
  const code = tidyNumber(part("code").value);
  return mended(async () => {
    await persist(() => giveCode(visit.id, code, key), { told });
    return true;
  });
}

/** A wrong code is told beside it, too many in the page; the way without a code stays open. */
async function mended(work) {
  try {
    return await work();
  } catch (error) {
    if (!(error instanceof Problem)) throw error;
    if (error.code === "rate_limited") fault(error.message);
    else if (error.field !== "code" || !beside(error, ["code"])) throw error;
    return false;
  }
}
