// The browser's own face detector, where it has one: better boxes than the colour of skin gives. Guidance only.

/** Puts what a detector found in place of the patches of skin. boxes: {x, y, width, height} in pixels of `scale` small ones */
export function withBoxes(look, boxes, scale) {
  const places = boxes.map(({ x, y, width, height }) => ({
    left: x / scale, right: (x + width) / scale, top: y / scale, bottom: (y + height) / scale,
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

  /** The look with the detector's boxes, if there are any to go by. width: of the small picture */
  better(look, video, width) {
    return this.boxes ? withBoxes(look, this.boxes, video.videoWidth / width) : look;
  }
}
