// Water and roads of a moment: depth codes to colours, between two frames in proportion.

// Colours of a depth frame as pixels; `share` of the way from the first frame to the second.
export function waterPixels(first, second, share, ramp, pixels) {
  const a = first.codes, n = a.length
  if (!second || share < 0.02) {
    for (let i = 0; i < n; i++) pixels[i] = ramp[a[i]]
    return
  }
  const b = second.codes, w = Math.round(share * 256), v = 256 - w
  for (let i = 0; i < n; i++) pixels[i] = a[i] === 0 && b[i] === 0 ? 0 : ramp[(a[i] * v + b[i] * w) >> 8]
}

export function rampOf(legend) {
  return new Uint32Array(new Uint8Array(legend.water_ramp).buffer)
}

// Depth on each road, m, between two frames.
export function roadDepths(around) {
  const a = around.first.roads, b = around.second?.roads
  const out = new Float32Array(a.length)
  for (let i = 0; i < a.length; i++) out[i] = (b ? a[i] + (b[i] - a[i]) * around.share : a[i]) / 1000
  return out
}

// Class of each road: 0 dry, 1… by the legend's thresholds, 255 closed.
export function roadClasses(depths, legend, ids, closed) {
  const out = new Uint8Array(ids.length)
  for (let i = 0; i < ids.length; i++) {
    if (closed.has(ids[i])) { out[i] = 255; continue }
    let rank = 0
    legend.road_stops.forEach((stop, k) => { if (depths && depths[i] >= stop.depth_m) rank = k + 1 })
    out[i] = rank
  }
  return out
}

// One colour a vertex from one class a road.
export function roadColours(classes, legend, starts) {
  const palette = [legend.road_dry, ...legend.road_stops.map((stop) => stop.colour)]
  const out = new Uint8Array(starts[starts.length - 1] * 4)
  for (let road = 0; road < classes.length; road++) {
    const colour = classes[road] === 255 ? legend.road_closed : palette[classes[road]]
    for (let vertex = starts[road]; vertex < starts[road + 1]; vertex++) out.set(colour, vertex * 4)
  }
  return out
}
