// Records that wait for the line: sealed, in their order, sent one by one, and gone once the service has them.

import { Lost, Problem } from "./calls.js";
import { alone, oneMore } from "./counts.js";
import { KIOSK, ask, device } from "./device.js";
import { withNotice } from "./notices.js";
import { FIRST, made } from "./record.js";
import { packed, seal, unpacked, unseal } from "./seal.js";
import { chainOn, dropRecord, keep, mark, recall, sealedRecord, settle, waiting } from "./store.js";

const WAITS = [2, 5, 15, 60, 300]; // s between two tries; source: own decision, a bank's line is away for minutes
const NOT_US = new Set([401, 403]); // it is the kiosk that is refused, not its record
let [tries, dueAt, sending] = [0, 0, false];

/** How many wait, and of them those that the service cannot take: these need its staff. */
export async function count() {
  const keys = await waiting();
  const stuck = (await Promise.all(keys.map(sealedRecord))).filter((one) => one && one.code).length;
  return { waiting: keys.length, stuck };
}

async function changed() {
  document.dispatchEvent(new CustomEvent("queue", { detail: await count() }));
}

const about = (counter) => `${device.id} ${counter}`;

/**
 * Writes a record of what was captured and signs it now. steps: [[n, frames as blobs], ...]
 * Returns what the slip says.
 */
export async function queueUp(told, steps) {
  return alone(async () => {
    const last = (await recall("chain")) || { counter: 0, digest: FIRST };
    const chain = { counter: last.counter + 1, previous: last.digest };
    const record = await made(told, chain, device);
    const files = steps.flatMap(([n, frames]) => frames.map((frame, i) => ({ name: `f-${n}-${i}`, frame })));
    const head = { signature: record.signature, names: files.map((one) => one.name) };
    const bytes = await packed(head, [new Blob([record.bytes]), ...files.map((one) => one.frame)]);
    const sealed = await seal(device.box, bytes, about(chain.counter));
    const end = { counter: chain.counter, digest: record.digest };
    await chainOn(chain.counter, sealed, { chain: end, days: await oneMore("records") });
    await changed();
    return { number: told.client_event, at: told.captured_at };
  });
}

const opened = async (counter) => unpacked(await unseal(device.box, await sealedRecord(counter), about(counter)));

function form({ head, parts }) {
  const parcel = new FormData();
  parcel.append("record", new Blob([parts[0]], { type: "application/json" }), "record.json");
  parcel.append("signature", head.signature);
  head.names.forEach((name, place) => {
    parcel.append(name, new Blob([parts[place + 1]], { type: "image/jpeg" }), `${name}.jpg`);
  });
  return parcel;
}

/** Sends what waits, as far as the line carries. Called often: it comes back at once while it is not due. */
export async function drain() {
  if (sending || !device.id || performance.now() < dueAt) return;
  sending = true;
  try {
    for (const counter of await waiting()) await sendOne(counter);
    tries = 0;
  } catch (error) {
    if (!(error instanceof Lost || error instanceof Problem)) throw error;
    const wait = error.after || WAITS[Math.min(tries, WAITS.length - 1)];
    tries += 1;
    dueAt = performance.now() + wait * 1000;
  } finally {
    sending = false;
  }
}

/** The line is back: no need to wait any longer. */
export function hurry() {
  [tries, dueAt] = [0, 0];
}

async function sendOne(counter) {
  const record = await opened(counter);
  try {
    const answer = await ask("POST", `${KIOSK}/records`, { form: form(record) });
    if (!answer.state) throw new Lost("no answer about the record");
    if (answer.state === "refused") await refused(counter, answer);
    else await dropRecord(counter);
  } catch (error) {
    if (!(error instanceof Problem) || error.later || NOT_US.has(error.status)) throw error;
    await stuck(counter, record, error);
  }
  await changed();
}

/** Nobody can judge it: staff are told, in the same transaction in which it goes. */
const refused = (counter, { client_event: number, reason }) =>
  alone(async () => settle(counter, { notices: await withNotice({ ...reason, number }) }));

/** The service cannot take it: it stays, and staff are told once. */
async function stuck(counter, { parts }, error) {
  const sealed = await sealedRecord(counter);
  const code = error.code || String(error.status);
  if (sealed.code) return;
  const { client_event: number } = JSON.parse(new TextDecoder().decode(parts[0]));
  await mark(counter, { ...sealed, code });
  await alone(async () => keep({ notices: await withNotice({ code, number, ...error.body.titles, stuck: true }) }));
}
