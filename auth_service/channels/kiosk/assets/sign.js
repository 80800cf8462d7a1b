// HTTP message signatures (RFC 9421) with Ed25519, and digests of bodies (RFC 9530): how every call of a kiosk says who
// makes it. docs/integration/kiosk.md has the vectors that this file is tested with.

export const LABEL = "sig1";
export const TAG = "auth-service-kiosk";
export const VALID_S = 120; // less than the 300 s that the service allows: a signature that was caught is soon of no use

/** Headers that are signed where they are sent, in this order. */
const COVERED = ["content-type", "content-digest", "idempotency-key", "capture-token", "capture-nonce"];

const base64 = (bytes) => btoa(String.fromCharCode(...new Uint8Array(bytes)));
export const base64url = (bytes) => base64(bytes).replace(/\+/g, "-").replace(/\//g, "_").replace(/=+$/, "");

/** The structured field of RFC 9530 for a body's bytes. */
export async function digestOf(bytes) {
  return `sha-256=:${base64(await crypto.subtle.digest("SHA-256", bytes))}:`;
}

/** What is signed, and the parameters in it. url: a URL; headers: names in lower case; params: created, expires, nonce, keyid */
export function signatureBase(method, url, headers, { created, expires, nonce, keyid }) {
  const derived = [["@method", method], ["@authority", url.host], ["@path", url.pathname], ["@query", url.search || "?"]];
  const fields = COVERED.filter((name) => name in headers).map((name) => [name, headers[name].trim()]);
  const all = [...derived, ...fields];
  const names = all.map(([name]) => `"${name}"`).join(" ");
  const params =
    `(${names});created=${created};expires=${expires};nonce="${nonce}";keyid="${keyid}";alg="ed25519";tag="${TAG}"`;
  const lines = all.map(([name, value]) => `"${name}": ${value}`);
  return { base: [...lines, `"@signature-params": ${params}`].join("\n"), params };
}

/**
 * The headers of a call with its digest and its signature.
 * call  {method, url, headers, body}: body is an ArrayBuffer, or null for none
 * self  {id, key}: the device's id and its private key
 * now   seconds since 1970
 */
export async function signed({ method, url, headers, body }, { id, key }, now) {
  const all = { ...headers };
  if (body) all["content-digest"] = await digestOf(body);
  const nonce = base64url(crypto.getRandomValues(new Uint8Array(18)));
  const times = { created: now, expires: now + VALID_S, nonce, keyid: id };
  const { base, params } = signatureBase(method, url, all, times);
  const made = await crypto.subtle.sign("Ed25519", key, new TextEncoder().encode(base));
  return { ...all, "signature-input": `${LABEL}=${params}`, signature: `${LABEL}=:${base64(made)}:` };
}
