// What a kiosk keeps between two people: its keys, its place in the chain of records, challenges drawn for times without
// a line, and records that wait, sealed. Never anything of a person that could be read here.

const NAME = "kiosk";
const STORES = ["self", "tickets", "queue"];
let opened = null;

function database() {
  opened = opened || new Promise((resolve, reject) => {
    const asked = indexedDB.open(NAME, 1);
    asked.onupgradeneeded = () => {
      for (const name of STORES) asked.result.createObjectStore(name);
    };
    asked.onsuccess = () => resolve(asked.result);
    asked.onerror = () => reject(asked.error);
  });
  return opened;
}

/** Runs `work(stores)` in one transaction and waits until it is on the disk. Its value is that of the request returned. */
async function within(names, mode, work) {
  const base = await database();
  return new Promise((resolve, reject) => {
    const act = base.transaction(names, mode, { durability: "strict" });
    const asked = work(Object.fromEntries(names.map((name) => [name, act.objectStore(name)])));
    act.oncomplete = () => resolve(asked ? asked.result : undefined);
    act.onabort = () => reject(act.error);
  });
}

/** One of the kiosk's own things, or undefined. */
export const recall = (name) => within(["self"], "readonly", ({ self }) => self.get(name));

/** Keeps several of them at once. */
export const keep = (things) =>
  within(["self"], "readwrite", ({ self }) => {
    for (const [name, value] of Object.entries(things)) self.put(value, name);
  });

export const tickets = () => within(["tickets"], "readonly", (all) => all.tickets.getAll());
/** Tickets as they were answered, and what that changes of the kiosk's own things: both or neither. */
export const addTickets = (list, things) =>
  within(["tickets", "self"], "readwrite", (all) => {
    for (const one of list) all.tickets.put(one, one.ticket);
    for (const [name, value] of Object.entries(things)) all.self.put(value, name);
  });
export const dropTickets = (names) =>
  within(["tickets"], "readwrite", (all) => {
    for (const name of names) all.tickets.delete(name);
  });

/** Numbers of the records that wait, in their order. */
export const waiting = () => within(["queue"], "readonly", ({ queue }) => queue.getAllKeys());
export const sealedRecord = (counter) => within(["queue"], "readonly", ({ queue }) => queue.get(counter));
export const dropRecord = (counter) => within(["queue"], "readwrite", ({ queue }) => queue.delete(counter));
/** A record that waits no longer, and what that changes of the kiosk's own things: both or neither. */
export const settle = (counter, things) =>
  within(["queue", "self"], "readwrite", ({ queue, self }) => {
    queue.delete(counter);
    for (const [name, value] of Object.entries(things)) self.put(value, name);
  });
export const mark = (counter, sealed) => within(["queue"], "readwrite", ({ queue }) => queue.put(sealed, counter));

/** A sealed record and what it changes of the kiosk's own things, such as the end of the chain: all or nothing. */
export const chainOn = (counter, sealed, things) =>
  within(["queue", "self"], "readwrite", ({ queue, self }) => {
    queue.add(sealed, counter); // a number that is taken already ends the transaction
    for (const [name, value] of Object.entries(things)) self.put(value, name);
  });
