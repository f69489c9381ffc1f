// Instruments of a run's readings, by the name of their subject: gauges on structures, detectors of gas, and
// the city's fixed sensors: what they read, where they are, whether it is in order, and their curves.

import {clockText, spanText} from "../clock.js"
import {lastIndex, MOST_STEPS, STALE_S, usualStep} from "../series.js"
import {KIND, TIME} from "../story.js"
import {escape, number} from "../text.js"
import {ageText, sensorKind, word} from "../words.js"
import {curve} from "./curve.js"

const BESIDE = new Set(["expected", "structure_deviation"]) // what is written beside a gauge's own quantity
const FROM_ZERO = new Set(["%LEL", "m", "mm/h", "ppm"]) // units whose axes begin at 0

export const isInstrument = (subject) => subject.startsWith("gas:") || subject.startsWith("gauge:")

export const instrumentName = (subject) => subject.slice(subject.indexOf(":") + 1)

export const quantityName = (store, quantity) => store.manifest?.quantities?.[quantity]?.[store.language] || word(store.language, quantity)

export const unitText = (unit) => unit.replace("1e-6", "10⁻⁶").replace("1e-3 deg", "10⁻³ °")

// The quantity that an instrument reads.
export function ownQuantity(store, subject) {
  return Object.keys(store.series.subjects[subject] || {}).sort().find((name) => !BESIDE.has(name))
}

const least = (limits) => limits.reduce((low, limit) => Math.min(low, limit.value), Infinity)

// Detectors in order of what they read, calm below their lowest limit, and the gauges furthest from what is expected of them.
export function instrumentsNow(store, mostGauges) {
  const gas = [], gauges = [], lowest = least(store.manifest?.detector_levels || [])
  for (const subject of Object.keys(store.series.subjects).filter(isInstrument)) {
    const quantity = ownQuantity(store, subject)
    const reading = quantity && store.series.at(subject, quantity, store.timeS)
    if (!reading || reading.value === null) continue
    const row = {id: subject, quantity, ...reading}
    if (subject.startsWith("gauge:")) gauges.push({...row, kind: "gauge", off: Math.abs(store.series.value(subject, "structure_deviation", store.timeS) ?? 0)})
    else if (store.timeS - reading.t <= STALE_S) gas.push({...row, kind: "gas_detector", off: reading.value, calm: reading.value < lowest})
  }
  const most = (a, b) => b.off - a.off || a.id.localeCompare(b.id)
  return [...gas.sort(most), ...gauges.sort(most).slice(0, mostGauges)]
}

// What an instrument or a sensor is and watches, in a line.
export function placeOf(store, item) {
  if (item.off !== undefined) return `${word(store.language, item.kind)} ${quantityName(store, item.quantity)}`
  const kind = word(store.language, sensorKind(item.kind))
  if (item.kind === "road_level" && item.target) return store.roadName(item.target)
  return item.target ? `${kind} ${item.target}` : kind
}

// --- facts ----------------------------------------------------------------------------------------

const clock = (store, t) => clockText(store.status?.start, t, false)

const since = (store, t) => (t === null || t === undefined ? "" : ` ${word(store.language, "since")} ${clock(store, t)}`)

const flyLink = (store) => `<a data-act="fly">${word(store.language, "fly")}</a>`

export const valueText = (value, unit) => `${number(value, unit === "%LEL" ? 0 : digitsOf(value))} ${escape(unitText(unit))}`

function digitsOf(value) {
  const size = Math.abs(value)
  return size >= 100 ? 0 : size >= 10 ? 1 : size >= 1 ? 2 : 3
}

// What is said of any instrument: its last reading, how old it is, how often it reads.
function readingFacts(store, subject, quantity) {
  const w = (key) => word(store.language, key)
  const reading = store.series.at(subject, quantity, store.timeS)
  if (!reading) return [["reading", w("no_reading_yet")]]
  const step = usualStep(store.series.line(subject, quantity), store.timeS), age = store.timeS - reading.t
  const late = step && age > MOST_STEPS * step ? ` · <span class="bad">${w("overdue_reading")}</span>` : ""
  const value = reading.value === null ? w("no_reading_yet") : `<b>${valueText(reading.value, reading.unit)}</b>`
  return [["reading", `${value} · ${w(reading.valueKind)}`, true], ["age", `${ageText(store.language, age)}${late}`], ["interval", step ? spanText(step) : ""]]
}

// Alarms that stand and go back to a sensor, in the words of their rules.
function alarmFact(store, sensor) {
  const {language, manifest, state} = store
  const standing = [...state.alarms.values()].filter((alarm) => alarm.sensor === sensor)
  return ["alarm_stands", standing.map((alarm) => `${levelText(store, alarm.level)} ${escape(manifest.alarm_rules?.[alarm.rule]?.[language] || alarm.rule)}${since(store, alarm.since)}`).join("<br>"), true]
}

const levelText = (store, level) => `<u class="level${level}">${store.manifest.legend.numerals[level]}</u>`

// Limits of the catalogue's alarm rules; those of a run with rules of its own are not known here.
const ruleLimits = (store, quantity) => (store.status?.own_rules ? [] : store.manifest?.limits?.[quantity] || [])

const limitsText = (store, limits, unit) => limits.map((limit) => `${levelText(store, limit.level)} ${limit.below ? "≤" : "≥"} ${limit.value} ${escape(unitText(unit))}`).join(" ")

// The structure that a gauge belongs to.
export const structureOf = (store, gauge) => [...store.state.structures.values()].find((item) => item.gauges.includes(gauge)) || null

export const structureName = (store, item) => `${escape(store.manifest.structure_kinds?.[item.kind]?.[store.language] || item.kind)} ${escape(item.id)}`

export function gaugeFacts(store, subject) {
  const w = (key) => word(store.language, key), gauge = instrumentName(subject)
  const quantity = ownQuantity(store, subject), item = structureOf(store, gauge)
  const at = (name) => store.series.at(subject, name, store.timeS)
  const expected = at("expected"), off = at("structure_deviation")
  const [tone, said, kind] = item?.silent.has(gauge) ? ["bad", "gauge_silent", "gauge.silent"] : item?.out.has(gauge) ? ["bad", "gauge_out", "gauge.deviates"] : ["good", "gauge_in_order", null]
  const turned = kind && store.story.about(gauge).findLast((row) => row[KIND] === kind)
  return [
    ["measures", escape(quantityName(store, quantity)), true],
    ["belongs_to", item ? `<a data-open="structure" data-id="${escape(item.id)}">${structureName(store, item)}</a>` : "", true],
    ["place", item ? `${item.road ? escape(store.roadName(item.road)) : ""} ${flyLink(store)}` : "", true],
    ...(quantity ? readingFacts(store, subject, quantity) : []),
    ["expected", expected?.value != null ? valueText(expected.value, expected.unit) : ""],
    ["deviation", off?.value != null ? `${number(off.value, 1)} σ` : ""],
    ["limits", limitsText(store, ruleLimits(store, "structure_deviation"), "σ"), true],
    ["state", `<span class="${tone}">${w(said)}</span>${turned ? since(store, turned[TIME]) : ""}`, true],
    alarmFact(store, gauge),
  ]
}

export function detectorFacts(store, subject) {
  const {language, manifest} = store, w = (key) => word(language, key)
  const site = instrumentName(subject), quantity = ownQuantity(store, subject) || "methane", now = store.state.sites.get(site)
  const kind = store.detail("hazard_sites", site, "kind"), road = store.detail("hazard_sites", site, "road")
  const alarmed = now?.level ? `<span class="bad">${w("in_alarm")}</span> ${levelText(store, now.level)}${since(store, now.since)}` : `<span class="good">${w("no_alarm")}</span>`
  return [
    ["measures", escape(quantityName(store, quantity)), true],
    ["belongs_to", kind ? escape(manifest.site_kinds?.[kind]?.[language] || kind) : "", true],
    ["place", `${road ? escape(store.roadName(road)) : ""} ${kind ? flyLink(store) : ""}`, true],
    ...readingFacts(store, subject, quantity),
    ["limits", limitsText(store, manifest.detector_levels || [], "%LEL"), true],
    ["state", alarmed, true],
    ["gas_source", now?.verdict ? w(`verdict_${now.verdict}`) : ""],
    ["ventilation", now?.fans.size ? [...now.fans].map((by) => w(`by_${by}`)).join(" ") : ""],
    alarmFact(store, site),
  ]
}

export function sensorFacts(store, id) {
  const w = (key) => word(store.language, key)
  const kind = store.detail("sensors", id, "kind"), target = store.detail("sensors", id, "target")
  const facts = [["kind", w(sensorKind(kind))], ["target", `${escape(placeOf(store, {kind, target}))} ${flyLink(store)}`, true]]
  for (const quantity of sensorQuantities(store, id)) {
    const limits = ruleLimits(store, quantity)
    facts.push(["measures", escape(quantityName(store, quantity)), true], ...readingFacts(store, id, quantity))
    if (limits.length) facts.push(["limits", limitsText(store, limits, store.series.line(id, quantity).unit), true])
  }
  if (facts.length === 2 && kind !== "camera") facts.push(["reading", w("no_reading_yet")])
  return [...facts, alarmFact(store, id)]
}

const sensorQuantities = (store, id) => Object.keys(store.series.subjects[id] || {}).sort()

// --- curves ---------------------------------------------------------------------------------------

// The first reading that is judged anew once a structure has been secured: the one that is taken with it, which does
// not deviate at all, or else the next.
function firstAnew(store, subject, t) {
  const line = store.series.line(subject, "structure_deviation"), last = line ? lastIndex(line.t, t) : -1
  return line?.v[last] === 0 ? line.t[last] : line?.t[last + 1] ?? Infinity
}

// When the structure of a gauge was secured, after which the gauge finds a new normal.
function turns(store, subject) {
  if (!subject.startsWith("gauge:")) return []
  const item = structureOf(store, instrumentName(subject))
  return (item?.secured || []).map((t) => ({t, from: firstAnew(store, subject, t), text: `${clock(store, t)} ${word(store.language, "secured")}`}))
}

function limitsOf(store, subject, quantity) {
  if (subject.startsWith("gas:")) return store.manifest?.detector_levels || []
  return subject.startsWith("gauge:") ? [] : ruleLimits(store, quantity)
}

// One instrument in a drawer: its curve with what it means; the first line names it where several stand together.
export function instrumentHtml(store, subject, {named = true, quantity = ownQuantity(store, subject)} = {}) {
  const line = quantity && store.series.line(subject, quantity)
  const limits = limitsOf(store, subject, quantity), marks = turns(store, subject)
  const first = least(limits)
  const range = line && FROM_ZERO.has(line.unit) ? [0, Number.isFinite(first) ? 1.2 * first : 0.1] : null
  const drawn = line && curve(store, subject, quantity, {range, limits, marks})
  if (!drawn) return ""
  const reading = store.series.at(subject, quantity, store.timeS)
  const now = reading.value === null ? word(store.language, "no_reading_yet") : valueText(reading.value, reading.unit)
  const head = named ? `<b><a data-open="instrument" data-id="${escape(subject)}">${escape(instrumentName(subject))}</a> ${escape(quantityName(store, quantity))}</b>
    <em>${now} · ${word(store.language, reading.valueKind)} · ${ageText(store.language, store.timeS - reading.t)}</em>` : ""
  return `<div class="spark">${head}${drawn}${captionHtml(store, subject, line, marks)}</div>`
}

// The key of the lines, and what happened to the expectation.
function captionHtml(store, subject, line, marks) {
  const w = (key) => word(store.language, key)
  const expected = store.series.line(subject, "expected")
  const key = `<p class="keys"><span><i class="read"></i>${w("reading")} ${escape(unitText(line.unit))}</span>${expected ? `<span><i class="expected"></i>${w("expected")}</span>` : ""}</p>`
  const last = marks.filter((mark) => mark.t <= store.timeS).pop()
  return key + (last ? `<p class="told">${escape(last.text)}${w("expectation_anew")}</p>` : "")
}

// Curves of all that a sensor of the city reads.
export const sensorCurves = (store, id) => sensorQuantities(store, id).map((quantity) => instrumentHtml(store, id, {named: false, quantity})).join("")
