// What a terminal's camera is asked for, and how large a face is in it at the distance at which people stand.
//
// A face is `face` cm broad. Seen through a lens whose picture is `degrees` wide, at a distance of d cm, it takes
// face / (2 d tan(degrees / 2)) of the picture's width:
//
//   lens                 40 cm   57 cm   80 cm   of the width, for a face of 14 cm
//   standard    62       0.29    0.20    0.15
//   wide        78       0.22    0.15    0.11
//   ultra wide  100      0.15    0.10    0.07
//
// So the oval is as large as a face at the middle of 40 and 80 cm, which is their geometric mean, 57 cm: the
// nearest face is 1.41 of it, the farthest 0.71. Where that oval would be small, the picture is cut to its middle, for
// what people see and for what is sent, so that the oval takes 0.42 of the height: 44 cm of the person's world, which
// leaves 13 cm up and down for short and tall people.
// source: breadth of a face, lens and distances are the server's (accounts/devices.py); 0.42 is our own decision

const LEAST_OVAL = 0.42;
const SLACK = { far: 0.85, near: 1.35 }; // the patch of skin is measured: as high as the face or higher, and with its ears
// broader by a third than the face (a shared clip scaled as at 40 cm; tests/browser)
const HIGH = 4 / 3; // a face is about so much higher than broad, as the oval is

/** As a phone's, but larger: a face at 80 cm is small in it. */
export const optics = {
  size: { width: 1280, height: 720 },
  full: { side: 640, quality: 0.8 },
  thrifty: { side: 480, quality: 0.6 },
  oval: LEAST_OVAL,
  only: true,
  zoom: 1,
  small: 0.6,
  wide: 1.9,
};

const lenses = JSON.parse(document.body.dataset.lenses || "{}");

/** {degrees, near, far, face} of a profile's name; one that this page does not know is taken for a wide one. */
export const lensOf = (profile) => ({ ...lenses.seen, degrees: lenses.degrees[profile] || lenses.degrees.wide });

/** Which part of a picture's width a face takes. */
export const share = ({ degrees, face }, distance) => face / (2 * distance * Math.tan((degrees * Math.PI) / 360));

/** {oval, zoom, small, wide} for a lens, and a camera's picture, and the stage's width over its height. */
export function fitted(lens, { width, height }, aspect) {
  const middle = Math.sqrt(lens.near * lens.far);
  const shown = Math.min(1, (height * aspect) / width); // of the picture's width, where its whole height is on the stage
  const natural = (share(lens, middle) / shown) * aspect * HIGH; // the face's height over the stage's
  const oval = Math.max(LEAST_OVAL, natural);
  return {
    oval, zoom: oval / natural,
    small: (middle / lens.far) * SLACK.far,
    wide: (middle / lens.near) * SLACK.near,
  };
}

let profile = "wide";

export function setLens(name) {
  profile = name || profile;
}

/** Called when the camera's picture runs: the oval and the hints are set for this lens. */
export function seenThrough(video) {
  const stage = document.getElementById("stage");
  const found = fitted(lensOf(profile), { width: video.videoWidth, height: video.videoHeight }, stage.clientWidth / stage.clientHeight || 0.75);
  Object.assign(optics, found);
  stage.style.setProperty("--oval", String(found.oval));
  stage.style.setProperty("--zoom", String(found.zoom));
}
