// Small curves of what was read up to now: nothing of what is drawn, and no scale, knows what comes later.

import {timeTicks} from "../clock.js"
import {lastIndex, MOST_STEPS, rangeUntil, usualStep} from "../series.js"
import {escape} from "../text.js"

const BINS = 200 // of each the least and the largest value are drawn
const LEAST_SPAN_S = 600
const MOST_TICKS = 5
const TOP = 2, BOTTOM = 38 // of the drawing, which is 40 high and 100 wide
const ROOM = 0.06 // of the range of values, above and below what was read

// What a curve shows besides its readings: a line that was expected, a range [low, high] that the axis shows at
// least, limits {value, level} and moments {t, from, text} after which what is expected begins anew, with a reading at `from`.
export function curve(store, subject, quantity, {range = null, limits = [], marks = []} = {}) {
  const {timeS} = store
  const line = store.series.line(subject, quantity), before = store.series.line(subject, "expected")
  if (!line || line.t[0] > timeS) return null
  const known = rangeUntil([line, before], timeS)
  if (!known) return null
  const scale = scaleOf(known, range), until = Math.max(LEAST_SPAN_S, timeS)
  const x = (t) => (100 * t / until).toFixed(2), y = (v) => (BOTTOM - (BOTTOM - TOP) * (v - scale.low) / (scale.high - scale.low)).toFixed(2)
  const drawn = (each, name, cuts = []) => pieces(each, timeS, cuts).map((piece) => polyline(piece, name, x, y)).join("")
  const past = marks.filter((mark) => mark.t <= timeS), shown = limits.filter((limit) => limit.value > scale.low && limit.value <= scale.high)
  const svg = shown.map((limit) => `<line class="limit level${limit.level}" x1="0" x2="100" y1="${y(limit.value)}" y2="${y(limit.value)}"/>`).join("") +
    past.map((mark) => `<line class="mark" x1="${x(mark.t)}" x2="${x(mark.t)}" y1="0" y2="40"/>`).join("") +
    (before ? drawn(before, "expected", past.map((mark) => mark.from)) : "") + drawn(line, "read")
  const digits = digitsOf(scale)
  const beside = `<i style="top:${2.5 * TOP}%">${axisText(scale.high, digits)}</i><i style="top:${2.5 * BOTTOM}%">${axisText(scale.low, digits)}</i>` +
    shown.map((limit) => `<i class="limit" style="top:${2.5 * y(limit.value)}%">${limit.value}</i>`).join("")
  const below = timeTicks(store.status?.start, until, MOST_TICKS).map(({t, text}) => `<span style="left:${x(t)}%">${text}</span>`).join("")
  const above = past.map((mark) => `<span style="left:${x(mark.t)}%">${escape(mark.text)}</span>`).join("")
  return `<div class="curve">${above ? `<div class="marks">${above}</div>` : ""}<div class="plot"><svg viewBox="0 0 100 40" preserveAspectRatio="none">${svg}</svg>${beside}</div>
    <div class="times">${below}</div></div>`
}

// The axis of values: what is known with some room, or what it must show at least; never without height.
function scaleOf({low, high}, range) {
  if (range) return {low: Math.min(range[0], low), high: Math.max(range[1], high)}
  const room = ROOM * (high - low) || 0.5 * Math.abs(high) || 1
  return {low: low - room, high: high + room}
}

function digitsOf({low, high}) {
  const span = high - low
  return span >= 50 ? 0 : span >= 5 ? 1 : span >= 0.5 ? 2 : 3
}

const axisText = (value, digits) => String(Number(value.toFixed(digits)))

// One reading alone is a dot.
function polyline(piece, name, x, y) {
  const points = (piece.length > 1 ? piece : [piece[0], piece[0]]).map(([t, v]) => `${x(t)},${y(v)}`).join(" ")
  return `<polyline class="${name}" points="${points}"/>`
}

// Values up to a time, cut where some are missing and before those at `cuts`, thinned to what a small curve shows.
export function pieces(line, timeS, cuts = []) {
  const count = lastIndex(line.t, timeS) + 1, found = [[]]
  const usual = usualStep(line, timeS), most = usual === null ? Infinity : MOST_STEPS * usual
  const isCut = (i) => line.t[i] - line.t[i - 1] > most || cuts.some((t) => line.t[i - 1] < t && t <= line.t[i])
  for (let i = 0; i < count; i++) {
    if (line.v[i] === null || (i && isCut(i))) found.push([])
    if (line.v[i] !== null) found[found.length - 1].push([line.t[i], line.v[i]])
  }
  return found.filter((piece) => piece.length).map((piece) => thinned(piece, Math.ceil(count / BINS)))
}

// Of every so many points the first, the least, the largest and the last of all, in order.
function thinned(piece, every) {
  if (every < 4) return piece
  const kept = []
  for (let from = 0; from < piece.length; from += every) {
    const bin = piece.slice(from, from + every)
    const least = bin.reduce((a, b) => (b[1] < a[1] ? b : a)), most = bin.reduce((a, b) => (b[1] > a[1] ? b : a))
    kept.push(...[...new Set([bin[0], least, most])].sort((a, b) => a[0] - b[0]))
  }
  const last = piece[piece.length - 1]
  if (kept[kept.length - 1] !== last) kept.push(last)
  return kept
}
