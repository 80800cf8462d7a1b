// What a phone's camera is asked for, what is written down of its picture, and where looks turn into words.

/** How a frame is written down. */
export const FULL = { side: 480, quality: 0.8 };
export const THRIFTY = { side: 320, quality: 0.6 }; // about a quarter of the bytes, for a slow link

export const optics = {
  size: { width: 640, height: 480 },
  full: FULL,
  thrifty: THRIFTY,
  oval: 0.84, // of the stage's height
  only: false, // more is sent than the stage shows
  zoom: 1,
  small: 0.5, // height of the largest patch over the oval's, under which the person is too far; source: hints.js
  wide: 1.35, // its width over the oval's, over which they are too near
};

/** A phone is held as near as suits the person: nothing depends on its lens. */
export function seenThrough() {}
