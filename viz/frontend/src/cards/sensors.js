// What the sensors read now: the highest first, with how old each reading is.

import {escape, fill, number, rowsFit} from "../parts/html.js"
import {instrumentName, instrumentsNow, placeOf, unitText} from "../parts/instruments.js"
import {ageText, word} from "../words.js"

const STREETS = 0.6 // share of the rows for street sensors, so that sewers are seen too
const KINDS = ["road_level", "sewer_level", "gas_detector", "gauge", "rain", "camera"]
const GAUGES = 4 // of many gauges on structures, those furthest from what is expected of them

export function readingsNow(store) {
  const table = store.manifest?.details.sensors
  const found = instrumentsNow(store, GAUGES)
  if (!table) return found.length ? found : null
  table.id.forEach((id, row) => {
    const quantities = store.series.subjects[id]
    if (!quantities) return
    for (const quantity of Object.keys(quantities).sort()) {
      const reading = store.series.at(id, quantity, store.timeS)
      if (reading && reading.value !== null) found.push({id, kind: table.kind[row], target: table.target[row], quantity, ...reading})
    }
  })
  const rank = (item) => (item.calm ? KINDS.length : KINDS.indexOf(item.kind))
  return found.sort((a, b) => rank(a) - rank(b) || (b.off ?? b.value) - (a.off ?? a.value) || a.id.localeCompare(b.id))
}

export function sensors(store, body) {
  body.addEventListener("click", (event) => {
    const row = event.target.closest("[data-sensor]")
    if (row) store.open(row.dataset.kind, row.dataset.sensor)
  })
  return {
    draw: () => fill(body, html(store, rowsFit(body))),
    note: () => {
      const table = store.manifest?.details.sensors
      return table ? `${number(table.id.length)}` : ""
    },
  }
}

function chosen(rows, room) {
  const others = rows.filter((item) => item.kind !== "road_level")
  const streets = rows.filter((item) => item.kind === "road_level").slice(0, others.length ? Math.ceil(room * STREETS) : room)
  const instruments = others.filter((item) => item.off !== undefined).slice(0, Math.ceil((room - streets.length) / 2))
  const left = others.filter((item) => item.off === undefined).slice(0, room - streets.length - instruments.length)
  return [...streets, ...left, ...instruments]
}

function html(store, room) {
  const {language} = store
  const rows = readingsNow(store)
  if (rows === null) return `<p class="none">${word(language, "no_sensor")}</p>`
  if (!rows.length) return `<p class="none">${word(language, "no_reading")}</p>`
  return `<div class="rows">${chosen(rows, room).map((item) => {
    const share = item.unit === "m" ? Math.min(100, item.value / 1.5 * 100) : item.unit === "%LEL" ? Math.min(100, item.value) : 0
    const tone = item.unit !== "m" || item.kind !== "road_level" ? "" : item.value >= 0.5 ? "bad" : item.value >= 0.15 ? "warn" : ""
    return `<div class="row ${tone}" data-sensor="${escape(item.id)}" data-kind="${item.off === undefined ? "sensor" : "instrument"}"><span class="num">${escape(item.off === undefined ? item.id : instrumentName(item.id))}</span>
      <span class="grow">${escape(placeOf(store, item))}</span><span class="meter"><i style="width:${share}%"></i></span>
      <b>${number(item.value, item.unit === "m" ? 2 : item.unit === "%LEL" ? 0 : 1)}<i>${escape(unitText(item.unit))}</i></b><span class="age">${ageText(language, store.timeS - item.t)}</span></div>`
  }).join("")}</div>`
}
