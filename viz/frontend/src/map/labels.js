// Where names stand on the map: beside their place where nothing covers them and they cover nothing; of two that
// would overlap the earlier stays. Boxes are {x, y, w, h}, the middle and the size, pixels.

const WIDE = /[\u2e80-\uffef]/ // a character of these takes a whole em
const GAP = 3

export const textWidth = (text, size) => [...text].reduce((sum, c) => sum + (WIDE.test(c) ? 1 : 0.58) * size, 0)

// The box of a text with its padding around a point.
export function textBox(text, [x, y], {size, padding: [across, down]}) {
  return {x, y, w: textWidth(text, size) + 2 * across, h: 1.2 * size + 2 * down}
}

const overlap = (a, b) => 2 * Math.abs(a.x - b.x) < a.w + b.w && 2 * Math.abs(a.y - b.y) < a.h + b.h

const within = (box, {width, height}) => box.x > box.w / 2 && box.y > box.h / 2 && box.x + box.w / 2 < width && box.y + box.h / 2 < height

// Rows with the offset, pixels, at which their text has room: below its place, above, right or left of it, further
// below; rows without room are left out. `taken` are boxes that nothing may cover, `frame` the size of the map.
export function placed(rows, textOf, project, {size, padding, offset}, taken = [], frame = {width: Infinity, height: Infinity}) {
  const boxes = [...taken], found = []
  for (const row of rows) {
    const text = textOf(row)
    if (!text) continue
    const [x, y] = project(row.position)
    const box = textBox(text, [x, y], {size, padding})
    const at = places(box, offset, size).map(([dx, dy]) => ({...box, x: x + dx, y: y + dy, offset: [dx, dy]}))
      .find((place) => within(place, frame) && !boxes.some((other) => overlap(place, other)))
    if (!at) continue
    boxes.push({...at, w: at.w + GAP, h: at.h + GAP})
    found.push({...row, offset: at.offset})
  }
  return found
}

function places(box, [dx, dy], size) {
  const side = box.w / 2 + size
  return [[dx, dy], [dx, -dy], [side, 0], [-side, 0], [dx, dy + box.h], [dx, -dy - box.h]]
}
