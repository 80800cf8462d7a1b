// Opening the camera, and what to say when it does not open. It is never opened before consent, and a capture
// never falls back to a photo.

import { optics } from "./optics.js";

/** Why there is no picture; `kind` chooses the words. */
export class NoCamera extends Error {
  constructor(kind) {
    super(kind);
    this.kind = kind;
  }
}

const KINDS = {
  NotAllowedError: "refused",
  SecurityError: "refused",
  PermissionDeniedError: "refused",
  NotFoundError: "none",
  DevicesNotFoundError: "none",
  NotReadableError: "in_use",
  TrackStartError: "in_use",
  AbortError: "in_use",
};

/** The kind of an error of getUserMedia. */
export function kindOf(error) {
  return KINDS[error && error.name] || "unsupported";
}

function wish(deviceId, wanted) {
  const size = { width: { ideal: wanted.width }, height: { ideal: wanted.height } };
  const which = deviceId ? { deviceId: { exact: deviceId } } : { facingMode: "user" };
  return { audio: false, video: { ...size, ...which } };
}

/** A running stream in `video`. Throws NoCamera. */
export async function openCamera(video, deviceId = "", size = optics.size) {
  if (!window.isSecureContext) throw new NoCamera("insecure");
  if (!navigator.mediaDevices || !navigator.mediaDevices.getUserMedia) throw new NoCamera("unsupported");
  closeCamera(video);
  try {
    video.srcObject = await navigator.mediaDevices.getUserMedia(wish(deviceId, size));
    await video.play();
  } catch (error) {
    closeCamera(video);
    throw new NoCamera(kindOf(error));
  }
}

/** Lets the camera go; its light goes out. */
export function closeCamera(video) {
  if (!video.srcObject) return;
  for (const track of video.srcObject.getTracks()) track.stop();
  video.srcObject = null;
}

export const running = (video) => Boolean(video.srcObject) && video.srcObject.active && video.videoWidth > 0;

/** Whether the camera looks at whoever looks at the screen: its picture is then shown as a mirror shows it. */
export function facesUser(video) {
  const track = video.srcObject && video.srcObject.getVideoTracks()[0];
  const facing = track && track.getSettings ? track.getSettings().facingMode : "";
  return facing !== "environment";
}

/** The cameras to choose from, as {id, label}; those for infrared or depth take no usable picture and are left out. */
export async function cameras() {
  const devices = await navigator.mediaDevices.enumerateDevices();
  const found = devices.filter((one) => one.kind === "videoinput" && !/\b(ir|infrared|depth)\b/i.test(one.label));
  return found.map((one) => ({ id: one.deviceId, label: one.label }));
}
