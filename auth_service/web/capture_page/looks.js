// What a small picture looks like: light, skin, where and how large. Guidance only; the server judges on its own.
// Colours of skin: Cb 77..127 and Cr 133..173 (Chai and Ngan 1999), which holds for light and dark skin in white light.

/** Longest side of the small picture. */
export const SMALL = 64;

const NEAR = 11; // of Cb and of Cr, of 255: shade and blush of one face

/** Luma, Cb and Cr of RGBA pixels. */
export function planes(data) {
  const size = data.length / 4;
  const [luma, cb, cr] = [new Float32Array(size), new Float32Array(size), new Float32Array(size)];
  for (let i = 0; i < size; i += 1) {
    const [r, g, b] = [data[4 * i], data[4 * i + 1], data[4 * i + 2]];
    luma[i] = 0.299 * r + 0.587 * g + 0.114 * b;
    cb[i] = 128 - 0.168736 * r - 0.331264 * g + 0.5 * b;
    cr[i] = 128 + 0.5 * r - 0.418688 * g - 0.081312 * b;
  }
  return { luma, cb, cr };
}

const isSkin = (cb, cr) => cb >= 77 && cb <= 127 && cr >= 133 && cr <= 173;

function median(values) {
  return values.length ? values.sort((one, other) => one - other)[Math.floor(values.length / 2)] : NaN;
}

/**
 * Where skin is. Hair, wood and walls often have the colour of somebody's skin, so what counts is nearness to the colour
 * that this person's face has: the median of the skin in the middle of the oval.
 */
export function skinOf({ luma, cb, cr }, middle) {
  const places = [];
  for (let i = 0; i < luma.length; i += 1) if (middle[i] && luma[i] > 25 && isSkin(cb[i], cr[i])) places.push(i);
  const of = (plane) => median(places.map((i) => plane[i]));
  const [y, u, v] = [of(luma), of(cb), of(cr)];
  const skin = new Uint8Array(luma.length);
  for (let i = 0; i < luma.length; i += 1) {
    const near = Math.abs(cb[i] - u) < NEAR && Math.abs(cr[i] - v) < NEAR;
    skin[i] = near && luma[i] > 0.5 * y && luma[i] < 1.8 * y && isSkin(cb[i], cr[i]) ? 1 : 0;
  }
  return skin;
}

/** The pixels inside an oval {x, y, rx, ry}. */
export function inside(width, height, oval) {
  const mask = new Uint8Array(width * height);
  for (let y = 0; y < height; y += 1) {
    for (let x = 0; x < width; x += 1) {
      const dx = (x + 0.5 - oval.x) / oval.rx;
      const dy = (y + 0.5 - oval.y) / oval.ry;
      mask[y * width + x] = dx * dx + dy * dy <= 1 ? 1 : 0;
    }
  }
  return mask;
}

function moments(values, mask) {
  let [count, sum, squares] = [0, 0, 0];
  for (let i = 0; i < values.length; i += 1) {
    if (mask && !mask[i]) continue;
    count += 1;
    sum += values[i];
    squares += values[i] * values[i];
  }
  const mean = count ? sum / count : 0;
  return { mean, spread: Math.sqrt(Math.max(0, count ? squares / count - mean * mean : 0)) };
}

/** Connected patches of a mask, largest first: {area, left, right, top, bottom}. */
export function patches(mask, width, height) {
  const left = Uint8Array.from(mask);
  const found = [];
  for (let start = 0; start < left.length; start += 1) {
    if (left[start]) found.push(flood(left, width, height, start));
  }
  return found.sort((one, other) => other.area - one.area);
}

function flood(left, width, height, start) {
  const patch = { area: 0, left: width, right: -1, top: height, bottom: -1 };
  const stack = [start];
  left[start] = 0;
  while (stack.length) {
    const i = stack.pop();
    const [x, y] = [i % width, Math.floor(i / width)];
    patch.area += 1;
    patch.left = Math.min(patch.left, x);
    patch.right = Math.max(patch.right, x);
    patch.top = Math.min(patch.top, y);
    patch.bottom = Math.max(patch.bottom, y);
    for (const [nx, ny] of [[x - 1, y], [x + 1, y], [x, y - 1], [x, y + 1]]) {
      if (nx < 0 || ny < 0 || nx >= width || ny >= height || !left[ny * width + nx]) continue;
      left[ny * width + nx] = 0;
      stack.push(ny * width + nx);
    }
  }
  return patch;
}

/** Takes away thin bridges: a pixel stays where at least 7 of the 9 around it are set. */
export function eroded(mask, width, height) {
  const out = new Uint8Array(mask.length);
  for (let y = 1; y < height - 1; y += 1) {
    for (let x = 1; x < width - 1; x += 1) {
      let around = 0;
      for (let dy = -1; dy <= 1; dy += 1) {
        for (let dx = -1; dx <= 1; dx += 1) around += mask[(y + dy) * width + x + dx];
      }
      out[y * width + x] = around >= 7 ? 1 : 0;
    }
  }
  return out;
}

const like = (patch) => {
  const [w, h] = [patch.right - patch.left + 1, patch.bottom - patch.top + 1];
  return h >= 0.8 * w && h <= 3.2 * w && patch.area >= 0.5 * w * h;
};

/**
 * One look at a small picture.
 * mean, spread  of the whole picture's luma; face: mean luma inside the oval
 * skin          share of the oval that has the colour of skin
 * faces         patches that could be a face, none much smaller than the largest
 * box           of the largest patch, in pixels, or null
 */
export function lookAt(data, width, height, oval) {
  const colours = planes(data);
  const luma = colours.luma;
  const mask = inside(width, height, oval);
  const skin = skinOf(colours, inside(width, height, { ...oval, rx: oval.rx * 0.6, ry: oval.ry * 0.5 }));
  const whole = moments(luma);
  const found = patches(eroded(skin, width, height), width, height).filter((one) => one.area >= 12);
  const main = found[0] || null;
  const faces = found.filter((one) => like(one) && one.area >= 0.45 * main.area).length;
  return {
    luma, mask, oval, mean: whole.mean, spread: whole.spread, face: moments(luma, mask).mean,
    skin: moments(skin, mask).mean, faces: main ? Math.max(1, faces) : 0, box: main,
  };
}

/** How far two small pictures differ inside a mask, whatever the light: mean difference after taking each one's mean. */
export function gap(one, other, mask) {
  const [a, b] = [moments(one, mask).mean, moments(other, mask).mean];
  let [sum, count] = [0, 0];
  for (let i = 0; i < one.length; i += 1) {
    if (!mask[i]) continue;
    sum += Math.abs(one[i] - a - (other[i] - b));
    count += 1;
  }
  return count ? sum / count : 0;
}
