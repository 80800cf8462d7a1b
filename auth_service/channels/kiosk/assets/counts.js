// How many captures and records there were on each day: numbers only, told to the service once the day is over, so that
// both count the same. docs/integration/kiosk-offline.md, the daily count

import { KIOSK, ask, now } from "./device.js";
import { FIRST } from "./record.js";
import { keep, recall } from "./store.js";

const ZONE_MS = 8 * 3600 * 1000; // days are those of UTC+8, wherever the clock of the machine is set
const OLDEST = 7; // days: a day may be counted for a week

const dayOf = (ms) => new Date(ms + ZONE_MS).toISOString().slice(0, 10);

/** Only one page of a kiosk changes the chain and the counts at a time: two would fork it. */
export const alone = (work) => navigator.locks.request("kiosk-chain", work);

/** The counts with one more of `kind` ("captures" or "records") today. Call it `alone`. */
export async function oneMore(kind) {
  const days = (await recall("days")) || {};
  const day = dayOf(now());
  const before = days[day] || { captures: 0, records: 0 };
  return { ...days, [day]: { ...before, [kind]: before[kind] + 1 } };
}

export const captured = () => alone(async () => keep({ days: await oneMore("captures") }));

/** Tells the days that are over. Throws Lost, Problem. */
export async function tellDays() {
  const days = (await recall("days")) || {};
  const today = dayOf(now());
  const oldest = dayOf(now() - OLDEST * 24 * 3600 * 1000);
  for (const day of Object.keys(days).filter((one) => one < today)) {
    const { counter, digest } = (await recall("chain")) || { counter: 0, digest: FIRST };
    const json = { day, counts: days[day], last_counter: counter, last_hash: digest };
    if (day >= oldest) await ask("POST", `${KIOSK}/reconciliations`, { json });
    await alone(async () => {
      const { [day]: _told, ...rest } = (await recall("days")) || {};
      await keep({ days: rest });
    });
  }
}
