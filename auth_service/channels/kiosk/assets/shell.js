// The page itself, kept by the browser: a kiosk that is switched on without a line still starts. Only the page and its
// files are kept, which are the same for everybody.

const PLACE = "/kiosk/worker.js";

/** Whether the page comes back if it is loaded anew, with a line or without. */
export const canReload = () => Boolean(navigator.serviceWorker && navigator.serviceWorker.controller);

/** Kept by worker.js; where a browser cannot, the kiosk works as long as it is not reloaded without a line. */
export async function keepShell() {
  if (!navigator.serviceWorker) return;
  const policy = window.trustedTypes && window.trustedTypes.createPolicy("kiosk-worker", {
    createScriptURL: (url) => {
      if (url !== PLACE) throw new TypeError("only our own worker");
      return url;
    },
  });
  await navigator.serviceWorker.register(policy ? policy.createScriptURL(PLACE) : PLACE, { scope: "/kiosk" });
  const ready = await navigator.serviceWorker.ready;
  const { files, arrow } = document.body.dataset;
  ready.active.postMessage(files.split(" ").map((name) => arrow.replace("arrow.svg", name)));
}
