// Records at rest: sealed with a key that no script can read. Chromium writes that key beside them as it is, so a disk
// that was taken out shows nothing only where the disk itself is encrypted (docs/integration/kiosk-bridge.md, the disk).

const IV = 12;

export const newBox = () => crypto.subtle.generateKey({ name: "AES-GCM", length: 256 }, false, ["encrypt", "decrypt"]);

/** {iv, data}. about: text that has to be the same when it is opened */
export async function seal(box, bytes, about) {
  const iv = crypto.getRandomValues(new Uint8Array(IV));
  const additionalData = new TextEncoder().encode(about);
  return { iv, data: await crypto.subtle.encrypt({ name: "AES-GCM", iv, additionalData }, box, bytes) };
}

export async function unseal(box, { iv, data }, about) {
  const additionalData = new TextEncoder().encode(about);
  return new Uint8Array(await crypto.subtle.decrypt({ name: "AES-GCM", iv, additionalData }, box, data));
}

/** A head in JSON and any number of parts as one run of bytes. */
export async function packed(head, parts) {
  const sizes = parts.map((part) => part.size);
  const front = new TextEncoder().encode(JSON.stringify({ ...head, sizes }));
  const length = new Uint8Array(new Uint32Array([front.length]).buffer);
  return new Uint8Array(await new Blob([length, front, ...parts]).arrayBuffer());
}

export function unpacked(bytes) {
  const [length] = new Uint32Array(bytes.slice(0, 4).buffer);
  const head = JSON.parse(new TextDecoder().decode(bytes.subarray(4, 4 + length)));
  let at = 4 + length;
  const parts = head.sizes.map((size) => {
    at += size;
    return bytes.slice(at - size, at);
  });
  return { head, parts };
}
