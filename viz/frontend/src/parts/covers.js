// What lies over the map: the boxes of the parts that stand on it, in pixels of the page.

const SEE_THROUGH = ["kpis", "timebar"] // parts of which only what they hold covers anything
const roots = new Set()

export const cover = (root) => roots.add(root)

export function coveredBoxes() {
  const boxes = []
  for (const root of roots) {
    if (!root.isConnected) { roots.delete(root); continue }
    const nodes = SEE_THROUGH.some((name) => root.classList.contains(name)) ? [...root.children] : [root]
    for (const node of nodes) {
      const {x, y, width, height} = node.getBoundingClientRect()
      if (width && height) boxes.push({x: x + width / 2, y: y + height / 2, w: width, h: height})
    }
  }
  return boxes
}
