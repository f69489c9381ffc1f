// Depth frames of the run: fetched when needed, some ahead, a few kept.

import {lastIndex} from "./series.js"

const KEPT = 48
const AHEAD = 6
const MOST_BETWEEN_S = 900 // further apart, a frame stands until the next: what is to come is not told

async function inflate(answer) {
  const stream = answer.body.pipeThrough(new DecompressionStream("deflate"))
  return new Response(stream).arrayBuffer()
}

export class Frames {
  constructor() {
    this.times = []
    this.key = ""
    this.cells = 0
    this.cache = new Map() // index -> frame, oldest first
    this.waiting = new Map()
  }

  shape(grid, roads) { this.rows = grid.rows; this.cols = grid.cols; this.cells = grid.rows * grid.cols; this.roads = roads }

  // A frame if it is here, else null and it is sent for.
  get(index) {
    const found = this.cache.get(index)
    if (found) { this.cache.delete(index); this.cache.set(index, found); return found }
    this.load(index)
    return null
  }

  async load(index) {
    if (this.waiting.has(index) || this.cache.has(index) || index < 0 || index >= this.times.length || !this.cells) return
    const task = fetch(`/run/frames/${index}?v=${encodeURIComponent(this.key)}`).then(async (answer) => {
      if (!answer.ok) return
      const bytes = await inflate(answer)
      const roads = new Uint16Array(bytes.slice(this.cells))
      this.cache.set(index, {codes: new Uint8Array(bytes, 0, this.cells), roads})
      while (this.cache.size > KEPT) this.cache.delete(this.cache.keys().next().value)
    }).catch(() => {}).finally(() => this.waiting.delete(index))
    this.waiting.set(index, task)
    return task
  }

  // Frames before and after a time and the share of the way between them; the nearest that is here.
  around(timeS, speed) {
    const index = Math.max(0, lastIndex(this.times, timeS))
    const first = this.get(index)
    const second = index + 1 < this.times.length ? this.get(index + 1) : null
    const stride = Math.max(1, Math.round((speed || 1) / 240))
    for (let i = 2; i <= AHEAD; i++) if (this.waiting.size < 4) this.load(index + i * stride)
    if (!first) return null
    const span = second ? this.times[index + 1] - this.times[index] : 0
    const share = span > 0 && span <= MOST_BETWEEN_S ? Math.min(1, Math.max(0, (timeS - this.times[index]) / span)) : 0
    return {index, first, second, share}
  }
}
