// Readings by subject and quantity, grown as they come; times ascend.

export const STALE_S = 900 // a detector that has said nothing for so long has nothing to tell now
export const MOST_STEPS = 2.5 // longer than so many usual steps without a reading, one is missing

export class Series {
  constructor() { this.subjects = {}; this.latestS = -Infinity }

  // The last time of what came before is sent again, perhaps with more of it: overwrite from there.
  merge(subjects) {
    for (const [subject, quantities] of Object.entries(subjects)) {
      const known = (this.subjects[subject] ||= {})
      for (const [quantity, part] of Object.entries(quantities)) {
        const line = (known[quantity] ||= {unit: part.unit, kind: part.value_kind, t: [], v: []})
        line.kind = part.value_kind
        for (let i = 0; i < part.t_s.length; i++) {
          const n = line.t.length
          if (n && part.t_s[i] < line.t[n - 1]) continue
          if (n && part.t_s[i] === line.t[n - 1]) { line.v[n - 1] = part.values[i]; continue }
          line.t.push(part.t_s[i])
          line.v.push(part.values[i])
        }
        const end = line.t[line.t.length - 1]
        if (end > this.latestS) this.latestS = end
      }
    }
  }

  line(subject, quantity) { return this.subjects[subject]?.[quantity] || null }

  // The last reading at or before a time: value, time, unit, kind; null when there is none.
  at(subject, quantity, timeS) {
    const line = this.line(subject, quantity)
    if (!line) return null
    const i = lastIndex(line.t, timeS)
    return i < 0 ? null : {value: line.v[i], t: line.t[i], unit: line.unit, valueKind: line.kind}
  }

  value(subject, quantity, timeS) { return this.at(subject, quantity, timeS)?.value ?? null }
}

// Index of the last entry at or before a time; -1 before the first.
export function lastIndex(times, timeS) {
  let low = 0, high = times.length
  while (low < high) {
    const mid = (low + high) >> 1
    if (times[mid] <= timeS) low = mid + 1
    else high = mid
  }
  return low - 1
}

// The usual time between readings so far, s; null where there were too few.
export function usualStep(line, timeS) {
  const gaps = []
  for (let i = 1; i < line.t.length && line.t[i] <= timeS; i++) gaps.push(line.t[i] - line.t[i - 1])
  return gaps.length ? gaps.sort((a, b) => a - b)[gaps.length >> 1] : null
}

// The least and the largest value of lines up to a time; null where they have none.
export function rangeUntil(lines, timeS) {
  let low = Infinity, high = -Infinity
  for (const line of lines.filter(Boolean)) {
    for (let i = lastIndex(line.t, timeS); i >= 0; i--) {
      if (line.v[i] === null) continue
      low = Math.min(low, line.v[i])
      high = Math.max(high, line.v[i])
    }
  }
  return low > high ? null : {low, high}
}
