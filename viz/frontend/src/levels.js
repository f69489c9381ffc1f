// The level of the rain, from the run's own rainfall and the rules of the catalogue.

// Depth of rain between two times, mm: intensities are mm/h and hold until the next reading.
export function rainDepth(line, fromS, toS) {
  let depth = 0
  for (let i = 0; i < line.t.length && line.t[i] < toS; i++) {
    const begin = Math.max(fromS, line.t[i])
    const end = Math.min(toS, i + 1 < line.t.length ? line.t[i + 1] : toS)
    if (end > begin) depth += (line.v[i] || 0) * (end - begin) / 3600
  }
  return depth
}

// The most urgent level of which a rule is met: {level, text}; null below all.
export function rainLevel(series, rules, timeS) {
  const line = series.line("city", "rain_intensity")
  if (!line) return null
  let found = null
  for (const rule of rules) {
    const depth = rainDepth(line, timeS - rule.window_h * 3600, timeS)
    if (depth >= rule.depth_mm && (!found || rule.level < found.level)) {
      found = {level: rule.level, text: `${rule.window_h} h ${depth.toFixed(0)} mm`}
    }
  }
  return found
}
