// Keeps the kiosk's page and its files for times without a line. Pages come from the service wherever it answers; files
// are named by their content and never change. Nothing else is kept, and nothing that a person did goes through here.

const NAME = "kiosk-page";
const WAIT = 5000; // ms for the service's page before the kept one is shown
const PAGES = ["/kiosk?lang=zh", "/kiosk?lang=en"];

self.addEventListener("install", (event) => event.waitUntil(self.skipWaiting()));
self.addEventListener("activate", (event) => event.waitUntil(self.clients.claim()));

/** The page tells its files: these are kept, those of earlier releases go. */
self.addEventListener("message", (event) => event.waitUntil(keep(event.data)));

async function keep(files) {
  const cache = await caches.open(NAME);
  const wanted = new Set([...PAGES, ...files].map((one) => new URL(one, location.origin).href));
  const kept = new Set((await cache.keys()).map((one) => one.url));
  for (const url of wanted) if (!kept.has(url)) await cache.add(new Request(url, { credentials: "omit" })); // a page that is kept chooses nobody's language
  for (const url of kept) if (!wanted.has(url)) await cache.delete(url);
}

self.addEventListener("fetch", (event) => {
  const { request } = event;
  const url = new URL(request.url);
  if (request.method !== "GET" || url.origin !== location.origin) return;
  if (request.mode === "navigate" && url.pathname === "/kiosk") event.respondWith(page(request, url));
  else if (request.cache !== "no-store" && /^\/(kiosk\/assets|static)\//.test(url.pathname)) event.respondWith(file(request));
});

async function page(request, url) {
  const cache = await caches.open(NAME);
  const kept = () => cache.match(`/kiosk?lang=${url.searchParams.get("lang") === "en" ? "en" : "zh"}`, { ignoreVary: true });
  try {
    const answer = await fetch(request, { signal: AbortSignal.timeout(WAIT) });
    if (answer.status < 502) return answer;
    return (await kept()) || answer;
  } catch (error) {
    const found = await kept();
    if (found) return found;
    throw error;
  }
}

async function file(request) {
  return (await caches.match(request, { ignoreVary: true })) || fetch(request);
}
