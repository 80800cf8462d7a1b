// One photo that is left for staff to check: from the camera or a file, looked at, and sent. Nobody passes by it.

import { appOf } from "./browser.js";
import { Problem, newKey } from "./calls.js";
import { NoCamera, closeCamera, facesUser, openCamera, running } from "./camera.js";
import { BASE, call } from "./link.js";
import { persist } from "./retry.js";
import { current, part, show, tell } from "./screens.js";
import { visit } from "./visit.js";
import { inLanguage, say } from "./words.js";

const STILL = { width: 1280, height: 960 };
const SIDE = 1600; // pixels: more shows staff nothing, and a slow link carries it no faster
const QUALITY = 0.9;
const OURS = new Set([413, 415, 422]); // a refusal of this very picture

const video = part("still");
const canvas = part("photo-shown");

function leavePhoto(id, photo, key) {
  const form = new FormData();
  form.append("photo", photo, "photo.jpg");
  return call("POST", `${BASE}/${id}/photo`, { form, key, bytes: photo.size });
}

/** "before": nothing yet; "live": the camera runs; "shown": the photo as it will be sent. */
function phase(name) {
  if (name !== "live") closeCamera(video);
  video.hidden = name !== "live";
  canvas.hidden = name !== "shown";
  part("photo-lead").hidden = name !== "before";
  for (const id of ["open", "choose"]) part(`photo-${id}`).hidden = name !== "before";
  part("photo-take").hidden = name !== "live";
  for (const id of ["send", "again"]) part(`photo-${id}`).hidden = name !== "shown";
}

/** Whether a photo can be left: within a session whose text spoke of it. */
export const offered = () => Boolean(visit.id) && visit.consented && part("consent").dataset.text === "phone_consent";

/** The screen, with nothing chosen. */
export function enter() {
  show("photo");
  startOver();
}

export function startOver() {
  phase("before");
  tell("photo-fault", "");
}

/** Lets the camera and the picture go. */
export function leave() {
  phase("before");
  canvas.width = canvas.height = 0;
}

/** Another app is before the page: the camera is let go, a photo that was taken stays. */
export function pause() {
  if (!video.hidden) startOver();
}

export async function open() {
  try {
    await openCamera(video, "", STILL);
  } catch (error) {
    if (!(error instanceof NoCamera)) throw error;
    tell("photo-fault", say(`trouble.${error.kind === "none" ? "none" : appOf() || error.kind}.lead`));
    return;
  }
  if (current() !== "photo") {
    closeCamera(video); // the person went elsewhere while the browser asked
    return;
  }
  tell("photo-fault", "");
  video.classList.toggle("mirrored", facesUser(video));
  phase("live");
  part("photo-take").focus();
}

export function take() {
  if (!running(video)) return;
  draw(video, video.videoWidth, video.videoHeight);
}

/** A file of the phone's: drawn anew, so that nothing but the picture is sent, no place and no name. */
export async function choose(file) {
  if (!file) return;
  let picture;
  try {
    picture = await createImageBitmap(file);
  } catch {
    tell("photo-fault", say("photo.unreadable"));
    return;
  }
  draw(picture, picture.width, picture.height);
  picture.close();
}

function draw(source, width, height) {
  const scale = Math.min(1, SIDE / Math.max(width, height));
  canvas.width = Math.round(width * scale);
  canvas.height = Math.round(height * scale);
  canvas.getContext("2d").drawImage(source, 0, 0, canvas.width, canvas.height);
  tell("photo-fault", "");
  phase("shown");
  part("photo-send").focus();
}

export async function send(told) {
  const photo = await new Promise((resolve) => canvas.toBlob(resolve, "image/jpeg", QUALITY));
  const key = newKey();
  try {
    await persist(() => leavePhoto(visit.id, photo, key), { told });
  } catch (error) {
    if (!(error instanceof Problem) || !OURS.has(error.status)) throw error;
    phase("before");
    tell("photo-fault", [error.message, ...error.hints.map(inLanguage)].join(" "));
    return;
  }
  show("asked");
}
