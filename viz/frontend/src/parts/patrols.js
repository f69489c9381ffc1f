// A patroller: whose beat they walk, which of its streets they have walked today and which are left, and what
// they have found.

import {DATA, ID, SUBJECT, TIME} from "../story.js"
import {escape, number} from "../text.js"
import {word} from "../words.js"

const MOST_NAMES = 6

// Grid and number within it, which the id of a patroller is made of.
export function beatOf(id) {
  const parts = /^patrol-(.+)-(\d+)$/.exec(id)
  return parts ? {grid: parts[1], lane: Number(parts[2])} : null
}

export function patrolName(store, id) {
  const beat = beatOf(id)
  if (!beat) return `${word(store.language, "patroller")} ${escape(id)}`
  return word(store.language, "patroller_of").replace("{grid}", escape(beat.grid)).replace("{lane}", number(beat.lane))
}

export function patrolFacts(store, id) {
  const w = (key) => word(store.language, key), beat = beatOf(id)
  const out = store.ways.at(id, store.timeS) !== null
  const streets = (beat && store.detail("patrol_grids", beat.grid, "roads")) || []
  const walked = store.ways.walked(id, store.timeS, streets), left = streets.filter((row) => !walked.rows.has(row))
  const counted = (count, unit) => `${number(count)} ${w(count === 1 ? `${unit}_one` : unit)}`
  const found = reportsOf(store, id), cases = new Set(found.map((report) => report.case).filter(Boolean))
  return [
    ["state", w(out ? "state_on_beat" : "state_off_duty")], ["grid", beat ? escape(beat.grid) : ""],
    ["beat", streets.length ? `${number(streets.length)} ${w("unit_segments")} · ${names(store, streets)}` : "", true],
    ["now_on", out ? `${walked.last === null ? "" : escape(streetName(store, walked.last))} <a data-act="fly">${w("fly")}</a>` : "", true],
    ["walked", out && streets.length ? `${number(streets.length - left.length)} / ${number(streets.length)} ${w("unit_segments")} · ${w("round").replace("{n}", number(walked.round))}` : "", true],
    ["to_walk", out ? names(store, left) : "", true],
    ["found", found.length ? `${counted(found.length, "unit_reports")} · ${counted(cases.size, "unit_found_cases")}` : w("found_nothing"), true],
  ]
}

// What they have reported so far, and the case that each report opened or joined.
export function reportsOf(store, id) {
  return store.story.reportedBy(id).map((row) => ({row, case: store.story.caseOfReport(row)}))
}

export function foundHtml(store, id, clock) {
  const {language, manifest, state} = store
  return reportsOf(store, id).slice(-14).map(({row, case: name}) => {
    const data = row[DATA], kind = manifest.classes?.[data.class_code]
    const depth = data.depth_m === null || data.depth_m === undefined ? "" : ` ${number(data.depth_m, 2)} m`
    const item = name && state.cases.get(name)
    const link = item ? ` → <a data-open="case" data-id="${escape(name)}">${escape(name)}</a> ${word(language, `stage_${item.stage}`)}` : ""
    const street = data.road ? ` ${escape(store.roadName(data.road))}` : item?.place[language] ? ` ${escape(item.place[language])}` : ""
    return `<li class="report" data-event="${row[ID]}"><time>${clock(row[TIME])}</time><span>${escape(kind ? kind[language] : data.class_code)}${street}${depth} ${escape(row[SUBJECT])}${link}</span></li>`
  }).join("")
}

const streetName = (store, row) => store.roadName(store.manifest.details.roads.id[row])

// Names of streets, each once, and how many more there are.
function names(store, rows) {
  const all = [...new Set(rows.map((row) => streetName(store, row)))]
  const rest = all.length - MOST_NAMES
  return all.slice(0, MOST_NAMES).map(escape).join(store.language === "zh" ? "、" : ", ") + (rest > 0 ? ` +${rest}` : "")
}
