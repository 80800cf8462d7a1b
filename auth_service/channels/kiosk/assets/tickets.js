// Challenges that the service drew for times without a line, each for one capture. Fetched while there is one.

import { Problem, newKey } from "./calls.js";
import { KIOSK, ask, now } from "./device.js";
import { addTickets, dropTickets, keep, recall, tickets } from "./store.js";

/** How many of each route are held, and below what more are fetched: a terminal serves 100 people a day at most, and few
 * of them need the way without colours. source: domain.md (terminals of banks); own decision */
const HELD = { flash: [50, 40], no_flash: [20, 12] };
const SPARE_MS = 10 * 60 * 1000; // a capture takes minutes; one that runs out meanwhile is not begun with
const TURNS = new Set(["turn_left", "turn_right"]);

const good = (one) => Date.parse(one.expires_at) > now() + SPARE_MS;
const routeOf = (one) => one.challenge.route;

/** Fetches more where few are left; those that ran out go. Throws Lost, Problem. */
export async function refill() {
  const all = await tickets();
  await dropTickets(all.filter((one) => !good(one)).map((one) => one.ticket));
  for (const [route, [most, least]] of Object.entries(HELD)) {
    const have = all.filter((one) => good(one) && routeOf(one) === route).length;
    if (have >= least) continue;
    await fetchMore(route, most - have);
  }
}

/** Asks under one key until it was answered: a list that was lost on the way comes once more and is not drawn anew. */
async function fetchMore(route, count) {
  const asked = (await recall("asked")) || {};
  const wish = asked[route] || { key: newKey(), count };
  await keep({ asked: { ...asked, [route]: wish } });
  const { [route]: _answered, ...rest } = asked;
  const headers = { "idempotency-key": wish.key };
  try {
    const answer = await ask("POST", `${KIOSK}/offline-tickets`, { json: { count: wish.count, route }, headers });
    await addTickets(answer.tickets, { asked: rest });
  } catch (error) {
    if (error instanceof Problem && !error.later) await keep({ asked: rest });
    throw error;
  }
}

/** Whether what it asks for can be done by whoever chose this. Nobody is shown colours who did not want them. */
function suits(one, { route, accommodations }) {
  if (route === "no_flash" && routeOf(one) !== "no_flash") return false;
  const turns = one.challenge.steps.some((step) => TURNS.has(step.motion));
  return !(turns && accommodations.includes("cannot_turn"));
}

/**
 * The ticket for a plan, of those that suit it the one that runs out first. It is no longer there afterwards: none is
 * used twice. null: there is none
 */
export async function takeTicket(plan) {
  const fits = (await tickets()).filter((one) => good(one) && suits(one, plan));
  const wished = fits.filter((one) => routeOf(one) === plan.route);
  const [found] = (wished.length ? wished : fits).sort((one, other) => Date.parse(one.expires_at) - Date.parse(other.expires_at));
  if (!found) return null;
  await dropTickets([found.ticket]);
  return found;
}
