// Which names have room beside each other on the map: of two that would overlap the earlier stays.

const WIDE = /[\u2e80-\uffef]/ // a character of these takes a whole em

export const textWidth = (text, size) => [...text].reduce((sum, c) => sum + (WIDE.test(c) ? 1 : 0.58) * size, 0)

// Rows that stay; project gives the pixels of a place, size and padding are those of the labels in pixels.
export function apart(rows, textOf, project, {size, padding: [across, down]}) {
  const boxes = []
  return rows.filter((row) => {
    const text = textOf(row)
    if (!text) return false
    const [x, y] = project(row.position)
    const box = {x, y, w: textWidth(text, size) + 2 * across, h: 1.2 * size + 2 * down}
    if (boxes.some((other) => 2 * Math.abs(other.x - box.x) < other.w + box.w && 2 * Math.abs(other.y - box.y) < other.h + box.h)) return false
    boxes.push(box)
    return true
  })
}
