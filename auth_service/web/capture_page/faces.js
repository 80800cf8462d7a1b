// The browser's own face detector, where it has one: better boxes than the colour of skin gives. Guidance only.

/**
 * Puts what a detector found in place of the patches of skin.
 * boxes  {x, y, width, height} in the camera's pixels, `scale` of which are one small pixel; part: where looks begin in them
 */
export function withBoxes(look, boxes, scale, part = { x: 0, y: 0 }) {
  const places = boxes.map(({ x, y, width, height }) => ({
    left: (x - part.x) / scale, right: (x - part.x + width) / scale,
    top: (y - part.y) / scale, bottom: (y - part.y + height) / scale,
    area: (width * height) / (scale * scale),
  }));
  places.sort((one, other) => other.area - one.area);
  const faces = places.filter((one) => one.area >= 0.3 * places[0].area).length;
  return { ...look, faces, box: places[0] || null, skin: 1 };
}

export class Faces {
  constructor() {
    this.detector = "FaceDetector" in window ? new window.FaceDetector({ fastMode: true, maxDetectedFaces: 3 }) : null;
    Object.assign(this, { boxes: null, working: false });
  }

  /** Looks again in the background; the answer helps the looks that follow. */
  async look(video) {
    if (!this.detector || this.working) return;
    this.working = true;
    try {
      this.boxes = (await this.detector.detect(video)).map((one) => one.boundingBox);
    } catch {
      this.detector = null; // some browsers have the name and no detector behind it: skin serves as before
      this.boxes = null;
    } finally {
      this.working = false;
    }
  }

  /** The look with the detector's boxes, if there are any to go by. part: of the camera's picture; width: of the small one */
  better(look, part, width) {
    return this.boxes ? withBoxes(look, this.boxes, part.width / width, part) : look;
  }
}
