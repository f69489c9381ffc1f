// Small curves of what an instrument has read up to now, over the whole time of the run.

import {spanText} from "../clock.js"
import {escape, number} from "../text.js"
import {word} from "../words.js"

const MOST_POINTS = 400
const MOST_STEPS = 2.5 // longer than so many usual steps between readings, one is missing
const STALE_S = 900 // a detector that has said nothing for so long has nothing to tell now

// Instruments of a run's readings: detectors of gas and gauges on structures, by the name of their subject.
export const isInstrument = (subject) => subject.startsWith("gas:") || subject.startsWith("gauge:")

export const instrumentName = (subject) => subject.slice(subject.indexOf(":") + 1)

export const quantityName = (store, quantity) => store.manifest?.quantities?.[quantity]?.[store.language] || quantity

// The quantity that an instrument reads.
export function ownQuantity(store, subject) {
  return Object.keys(store.series.subjects[subject] || {}).sort().find((name) => name !== "expected" && name !== "structure_deviation")
}

// Detectors that read something now, the most first, and the gauges furthest from what is expected of them.
export function instrumentsNow(store, mostGauges) {
  const gas = [], gauges = []
  for (const subject of Object.keys(store.series.subjects).filter(isInstrument)) {
    const quantity = ownQuantity(store, subject)
    const reading = quantity && store.series.at(subject, quantity, store.timeS)
    if (!reading || reading.value === null) continue
    const row = {id: subject, quantity, ...reading}
    if (subject.startsWith("gauge:")) gauges.push({...row, kind: "gauge", off: Math.abs(store.series.value(subject, "structure_deviation", store.timeS) ?? 0)})
    else if (store.timeS - reading.t <= STALE_S) gas.push({...row, kind: "gas_detector", off: reading.value})
  }
  const most = (a, b) => b.off - a.off || a.id.localeCompare(b.id)
  return [...gas.sort(most), ...gauges.sort(most).slice(0, mostGauges)]
}

// A curve with what was expected behind it; null where there is nothing to draw yet.
export function curve(store, subject, quantity, least = null) {
  const line = store.series.line(subject, quantity)
  if (!line || line.t.length < 2) return null
  const before = store.series.line(subject, "expected")
  const all = [line, before].filter(Boolean).flatMap((each) => each.v).filter((value) => value !== null)
  if (!all.length) return null
  const low = all.reduce((a, b) => Math.min(a, b), least ? 0 : Infinity)
  const high = all.reduce((a, b) => Math.max(a, b), least ?? -Infinity)
  const span = high - low || 1
  const drawn = (each, name) => pieces(each, store.timeS)
    .map((piece) => `<polyline class="${name}" points="${piece.map(([t, v]) => `${(100 * t / store.durationS()).toFixed(2)},${(38 - 36 * (v - low) / span).toFixed(2)}`).join(" ")}"/>`).join("")
  const svg = `${before ? drawn(before, "expected") : ""}${drawn(line, "read")}`
  return `<svg viewBox="0 0 100 40" preserveAspectRatio="none">${svg}</svg><span>${number(low, 2)} – ${number(high, 2)} ${escape(unitText(line.unit))}</span>`
}

// Values up to a time, cut where some are missing and thinned to what a small curve shows.
function pieces(line, timeS) {
  const found = [[]], gaps = line.t.slice(1).map((t, i) => t - line.t[i]).sort((a, b) => a - b)
  const most = MOST_STEPS * gaps[gaps.length >> 1]
  const until = line.t.filter((t) => t <= timeS).length, step = Math.max(1, Math.ceil(until / MOST_POINTS))
  for (let i = 0; i < until; i++) {
    if (line.v[i] === null || (i && line.t[i] - line.t[i - 1] > most)) found.push([])
    if (line.v[i] === null) continue
    if (i % step === 0 || i === until - 1) found[found.length - 1].push([line.t[i], line.v[i]])
  }
  return found.filter((piece) => piece.length > 1)
}

export const unitText = (unit) => unit.replace("1e-6", "10⁻⁶").replace("1e-3 deg", "10⁻³ °")

// One instrument in a drawer: what it reads now, how old that is, and its curve.
export function instrumentHtml(store, subject) {
  const quantity = ownQuantity(store, subject)
  const reading = quantity && store.series.at(subject, quantity, store.timeS)
  const drawn = quantity && curve(store, subject, quantity, subject.startsWith("gas:") ? 1 : null)
  if (!reading || !drawn) return ""
  const now = reading.value === null ? word(store.language, "no_reading_yet") : `${number(reading.value, 2)} ${escape(unitText(reading.unit))}`
  return `<li class="spark"><b>${escape(instrumentName(subject))} ${escape(quantityName(store, quantity))}</b>
    <em>${now} · ${word(store.language, reading.valueKind)} · ${spanText(store.timeS - reading.t)}</em>${drawn}</li>`
}
