// A line beside the pointer: what lies under it.

import {escape, number} from "../parts/html.js"
import {sensorKind, word} from "../words.js"

const STYLE = {
  background: "rgba(4,20,42,.94)", border: "1px solid rgba(80,180,250,.5)", color: "#e3f4ff",
  fontFamily: "'Noto Sans SC Variable','Noto Sans CJK SC',sans-serif", fontSize: "1.4rem", padding: ".5rem .9rem",
}

export function tooltip(info, store, state) {
  if (!info.picked || !info.layer) return null
  const html = line(info, store, state)
  return html ? {html, style: STYLE} : null
}

function line(info, store, state) {
  const {language} = store, id = info.layer.id
  if (id === "cases") {
    const item = state.cases.get(info.object?.id)
    return item && `<b>${escape(item.id)}</b> ${escape(item.place[language] || store.roadName(item.road))} · ${word(language, `stage_${item.stage}`)}`
  }
  if (id === "crews") {
    const crew = state.crews.get(info.object?.id)
    return crew && `<b>${escape(crew.id)}</b> ${escape(store.skillName(crew.skill))} · ${word(language, `state_${crew.state}`)}`
  }
  if (id === "patrols") return info.object && `<b>${escape(info.object.id)}</b> ${word(language, "patroller")}`
  if (id === "streets") {
    const road = store.manifest.details.roads.id[info.index]
    const depth = depthOn(store, info.index)
    return `<b>${escape(store.roadName(road))}</b>${depth > 0.005 ? ` · ${word(language, "depth")} ${number(depth, 2)} m` : ""}`
  }
  if (id === "sensors") {
    const kind = store.manifest.details.sensors.kind[info.index]
    return `<b>${escape(store.manifest.details.sensors.id[info.index])}</b> ${word(language, sensorKind(kind))}`
  }
  return null
}

// Depth on a road now, m, from the frame before the present time.
export function depthOn(store, row) {
  const around = store.frames.around(store.timeS, 1)
  return around ? around.first.roads[row] / 1000 : 0
}
