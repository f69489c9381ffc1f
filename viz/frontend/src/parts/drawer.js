// Details of what was clicked, with the chain of events behind it.

import {clockText, spanText} from "../clock.js"
import {DATA, ID, CAUSE, KIND, SUBJECT, TIME, isOpen} from "../story.js"
import {word} from "../words.js"
import {casePlace} from "../cards/cases.js"
import {timer} from "../cards/timer.js"
import {depthOn} from "../map/tooltip.js"
import {alarmText} from "./alarmtext.js"
import {escape, fill, mount, number} from "./html.js"
import {detectorFacts, gaugeFacts, instrumentHtml, instrumentName, sensorCurves, sensorFacts} from "./instruments.js"
import {foundHtml, patrolFacts, patrolName} from "./patrols.js"
import {orderText} from "./ticker.js"

export function renderDrawer(store, el) {
  const root = mount(el, "drawer")
  root.innerHTML = `<header></header><dl></dl><div class="scroll"><div class="curves"></div><div class="list"></div></div>`
  const host = el.getRootNode().host || el
  const features = new Map()
  const at = (selector) => root.querySelector(selector)
  const draw = () => {
    const opened = store.opened
    root.classList.toggle("open", Boolean(opened))
    host.style.pointerEvents = opened ? "auto" : "none"
    if (!opened) return
    const {head, facts, curves, list} = html(store, features, draw)
    fill(at("header"), head)
    fill(at("dl"), facts)
    fill(at(".curves"), curves)
    fill(at(".list"), list)
  }
  root.addEventListener("click", (event) => {
    if (event.target.closest("[data-act=shut]")) store.shut()
    if (event.target.closest("[data-act=fly]")) store.emit("fly")
    const link = event.target.closest("[data-open]")
    if (link) store.open(link.dataset.open, link.dataset.id)
  })
  const key = (event) => { if (event.key === "Escape") store.shut() }
  addEventListener("keydown", key)
  const stops = [...["opened", "tick", "language"].map((topic) => store.on(topic, draw)), store.on("opened", () => { at(".scroll").scrollTop = 0 })]
  draw()
  return () => { stops.forEach((stop) => stop()); removeEventListener("keydown", key) }
}

const CHAINED = new Set(["case", "failure", "structure"])

// What the drawer says, by its parts: heading, facts, curves of readings, and what happened.
function html(store, features, redraw) {
  const {kind, id} = store.opened
  const w = (key) => word(store.language, key)
  const made = {case: caseHtml, crew: crewHtml, road: roadHtml, sensor: sensorHtml, patrol: patrolHtml, instrument: instrumentPart, building: buildingHtml, failure: failureHtml, structure: structureHtml}[kind]
  const {title, facts, curves, list, rows} = made ? made(store, id, features, redraw) : {title: id, facts: [], rows: null}
  const told = facts.filter(([, value]) => value !== "" && value !== null && value !== undefined)
  return {
    head: `<b>${title}</b><em class="stamp">${w("simulated")}</em><button data-act="shut" aria-label="close">×</button>`,
    facts: told.map(([key, value, wide]) => `<dt${wide ? ' class="wide"' : ""}>${w(key)}</dt><dd>${value}</dd>`).join(""),
    curves: curves ? `<h3>${w("curves")}</h3>${curves}` : "",
    list: rows ? `<h3>${w(list || (CHAINED.has(kind) ? "chain" : "history"))}</h3><ol>${rows}</ol>` : "",
  }
}

const clock = (store, t) => clockText(store.status?.start, t)

function caseHtml(store, id) {
  const {language, state, manifest} = store
  const item = state.cases.get(id)
  if (!item) return {title: escape(id), facts: [["stage", "–"]], rows: null}
  const w = (key) => word(language, key)
  const crews = [...item.crews].filter(Boolean).map((crew) => `<a data-open="crew" data-id="${escape(crew)}">${escape(crew)}</a>`).join(" ")
  return {
    title: `<u class="level${item.level}">${manifest.legend.numerals[item.level]}</u> ${escape(id)} ${escape(casePlace(store, item))}`,
    facts: [
      ["class", escape(manifest.classes?.[item.class]?.[language] || item.class)], ["stage", w(`stage_${item.stage}`)],
      ["registered_at", clock(store, item.registered)], [isOpen(item) ? "remaining" : "closed_in", timer(store, item, store.timeS)],
      ["reports", number(item.reports + 1)], ["unit", escape(store.unitName(item.unit))], ["crew", crews], ["reworks", item.reworks ? number(item.reworks) : ""],
      ["depth", item.depth === null ? "" : `${number(item.depth, 2)} m`],
    ],
    rows: chainHtml(store, store.story.chain(id)),
  }
}

function crewHtml(store, id) {
  const {language, state} = store
  const crew = state.crews.get(id)
  if (!crew) return {title: escape(id), facts: [["state", "–"]], rows: null}
  const events = store.story.about(id).filter((row) => row[KIND] !== "crew.moved").slice(-14)
  const item = crew.case ? state.cases.get(crew.case) : null
  const depot = store.detail("depots", crew.depot, language === "zh" ? "name_zh" : "name_en") || crew.depot
  return {
    title: `<i class="dot ${crew.state}"></i> ${escape(id)}`,
    facts: [
      ["skill", escape(store.skillName(crew.skill))], ["state", word(language, `state_${crew.state}`)], ["depot", escape(depot)],
      ["case", item ? `<a data-open="case" data-id="${escape(item.id)}">${escape(item.id)} ${escape(casePlace(store, item))}</a>` : ""],
      ["eta", crew.eta && crew.state !== "working" ? clock(store, crew.eta) : ""], ["lost_to_water", crew.delay >= 1 ? spanText(crew.delay) : ""],
    ],
    rows: chainHtml(store, events),
  }
}

function patrolHtml(store, id) {
  return {title: patrolName(store, id), facts: patrolFacts(store, id), list: "found", rows: foundHtml(store, id, (t) => clock(store, t))}
}

function roadHtml(store, id) {
  const row = store.rows.roads.get(id)
  const flooded = ["0.50", "0.30", "0.15"].find((name) => store.state.flooded[name].has(id))
  const events = store.story.about(id).slice(-14)
  const closed = store.state.closedRoads.has(id)
  return {
    title: escape(store.roadName(id)),
    facts: [
      ["road", escape(id)], ["depth", `${number(depthOn(store, row), 2)} m${flooded ? ` (≥ ${flooded})` : ""}`],
      ["state", closed ? word(store.language, "closed_road") : ""],
    ],
    rows: events.length ? chainHtml(store, events) : null,
  }
}

function failureHtml(store, id) {
  const {language, manifest, story} = store
  const known = story.about(id).findLast((row) => row[KIND] in manifest.failure_ends)
  const kind = known && manifest.kinds[known[KIND]]
  const rows = story.aftermath(id).filter((row) => row[KIND] !== "crew.moved").slice(0, 60)
  return {title: `${escape(kind ? kind[language] : "")} ${escape(id)}`, facts: [], rows: chainHtml(store, rows)}
}

// A structure: its health, which gauges deviate or say nothing, and everything that followed from them.
function structureHtml(store, id) {
  const {language, manifest, state, story} = store
  const item = state.structures.get(id)
  if (!item) return {title: escape(id), facts: [["state", "–"]], rows: null}
  const names = (set) => escape([...set].join(" "))
  const seen = new Set([id, ...item.gauges].flatMap((subject) => story.about(subject).map((row) => row[ID])))
  const rows = [...seen].sort((a, b) => a - b).map((event) => story.byId.get(event)).slice(-60)
  return {
    title: `${escape(manifest.structure_kinds?.[item.kind]?.[language] || item.kind)} ${escape(id)}`,
    facts: [
      ["health", `${item.grade} ${escape(manifest.grades?.[item.grade]?.[language] || "")}`],
      ["road", item.road ? escape(store.roadName(item.road)) : ""], ["gauges", number(item.gauges.length)],
      ["gauges_out", names(item.out)], ["gauges_silent", names(item.silent)],
    ],
    curves: gaugesHtml(store, item), rows: chainHtml(store, rows),
  }
}

const MOST_GAUGES = 6

// Curves of a structure's gauges: those that deviate first, then those that say nothing.
function gaugesHtml(store, item) {
  const rank = (gauge) => (item.out.has(gauge) ? 0 : item.silent.has(gauge) ? 1 : 2)
  const gauges = [...item.gauges].sort((a, b) => rank(a) - rank(b))
  return gauges.slice(0, MOST_GAUGES).map((gauge) => instrumentHtml(store, `gauge:${gauge}`)).join("")
}

// A gauge or a detector: what it is, its curve, and what the log says about it.
function instrumentPart(store, subject) {
  const id = instrumentName(subject), isGas = subject.startsWith("gas:")
  return {
    title: `${word(store.language, isGas ? "gas_detector" : "gauge")} ${escape(id)}`, facts: isGas ? detectorFacts(store, subject) : gaugeFacts(store, subject),
    curves: instrumentHtml(store, subject, {named: false}), rows: chainHtml(store, store.story.about(id).slice(-14)),
  }
}

function sensorHtml(store, id) {
  return {title: `${word(store.language, "sensor")} ${escape(id)}`, facts: sensorFacts(store, id), curves: sensorCurves(store, id), rows: null}
}

function buildingHtml(store, row, features, redraw) {
  const found = features.get(row)
  if (!found) {
    features.set(row, {values: {}})
    fetch(`/city/features/buildings/${row}`).then((answer) => answer.json()).then((feature) => { features.set(row, feature); redraw() })
  }
  const values = features.get(row).values
  return {
    title: `${word(store.language, "building")} ${escape(values.id ?? "")}`,
    facts: [
      ["height", values.height_m === undefined ? "" : `${number(values.height_m, 1)} m`],
      ["use", values.use ? escape(word(store.language, values.use)) : ""], ["persons", values.persons ? number(values.persons) : ""],
    ],
    rows: null,
  }
}

function chainHtml(store, rows) {
  const {language, manifest} = store
  const there = new Set(rows.map((row) => row[ID]))
  const telling = rows.filter((row) => row[KIND] !== "crew.moved" || row[DATA].delay_s >= 1)
  return telling.map((row) => {
    const kind = manifest.kinds?.[row[KIND]]
    const text = `${kind ? kind[language] : row[KIND]} ${detail(store, row)}`
    const group = row[KIND].split(".")[0]
    return `<li class="${group} ${there.has(row[CAUSE]) ? "caused" : "root"}"><time>${clock(store, row[TIME])}</time><span>${text}</span></li>`
  }).join("")
}

function detail(store, row) {
  const data = row[DATA], kind = row[KIND], {language} = store
  const depth = (value) => (value === null || value === undefined ? "" : ` ${number(value, 2)} m`)
  if (kind.startsWith("road.")) return `${escape(store.roadName(row[SUBJECT]))}${depth(data.depth_m)}`
  if (kind === "rain.started") return `${number(data.intensity_mm_h, 1)} mm/h`
  if (kind === "report.made") return `${escape(CHANNELS[language][data.channel] || data.channel)} ${escape(data.reporter || "")}${depth(data.depth_m)}`
  if (kind === "case.dispatched") return `<a data-open="crew" data-id="${escape(data.crew)}">${escape(data.crew)}</a> ${escape(store.skillName(data.skill))}`
  if (kind === "dispatch.planned" || kind === "dispatch.changed") {
    const why = store.manifest.plan_reasons?.[data.why]
    return `${escape(data.crew)} ${escape(why ? why[language] : data.why)}`
  }
  if (kind === "case.assigned" || kind === "case.returned") return escape(store.unitName(data.unit))
  if (kind === "case.escalated") return `${store.manifest.legend.numerals[data.level]}${depth(data.depth_m)}`
  if (kind === "case.checked") return `${data.passed ? "✓" : "✗"}${depth(data.depth_m)}`
  if ((kind === "crew.arrived" || kind === "crew.returned") && data.delay_s >= 1) return `${escape(row[SUBJECT])} ${word(language, "delayed")} ${spanText(data.delay_s)}`
  if (kind === "crew.cut_off" || kind === "crew.rerouted") return `${escape(row[SUBJECT])} ${escape(store.roadName(data.road))}`
  if (kind === "order.issued") return escape(orderText(store, data))
  if (kind === "alarm.published" || kind === "alarm.escalated") return `${store.manifest.legend.numerals[data.level]} ${escape(alarmText(store, row))}`
  if (kind.startsWith("task.")) return escape(store.manifest.tasks?.[data.task]?.[language] || data.task || row[SUBJECT])
  if (kind === "order.ended" && data.pumped_m3) return `${number(data.pumped_m3)} m³`
  if (kind.startsWith("run.") || kind === "rain.stopped") return ""
  if (kind === "crew.moved") return `${escape(row[SUBJECT])} ${escape(store.roadName(data.road))} +${spanText(data.delay_s)}`
  if (kind === "case.transferred") return escape(store.skillName(data.to))
  if (kind === "structure.graded") return `${escape(data.was)} → ${escape(data.grade)} ${escape(store.manifest.grades?.[data.grade]?.[language] || "")}`
  if (data.reason) return escape(language === "zh" ? data.reason_zh : data.reason)
  return escape(row[SUBJECT])
}

const CHANNELS = {
  zh: {sensor: "传感器", citizen: "市民", patrol: "巡查", video: "视频"},
  en: {sensor: "sensor", citizen: "citizen", patrol: "patrol", video: "video"},
}
