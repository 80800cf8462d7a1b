// Waiting that can be broken off.

/** Thrown into whatever waits when the person goes elsewhere. */
export class Stopped extends Error {}

/** Resolves after `ms`, or throws Stopped as soon as `signal` says so. */
export function pause(ms, signal) {
  return new Promise((resolve, reject) => {
    const stop = () => {
      clearTimeout(timer);
      reject(new Stopped());
    };
    const timer = setTimeout(() => {
      if (signal) signal.removeEventListener("abort", stop);
      resolve();
    }, ms);
    if (!signal) return;
    if (signal.aborted) stop();
    else signal.addEventListener("abort", stop, { once: true });
  });
}

/** Asks every `step` ms until `done()` holds or `limit` ms are over; says which. */
export async function until(done, limit, signal, step = 60) {
  const end = performance.now() + limit;
  while (!done()) {
    if (performance.now() >= end) return false;
    await pause(step, signal);
  }
  return true;
}
