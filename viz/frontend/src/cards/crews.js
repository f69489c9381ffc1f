// Crews on duty: how many do what, and who is on the way to what.

import {clockText, spanText} from "../clock.js"
import {escape, fill, number, rowsFit} from "../parts/html.js"
import {word} from "../words.js"
import {casePlace} from "./cases.js"

const ORDER = ["cut_off", "travelling", "working", "idle", "on_break"]

export function onDuty(store) {
  return [...store.state.crews.values()].filter((crew) => crew.state !== "off_duty")
}

export function crews(store, body) {
  body.addEventListener("click", (event) => {
    const row = event.target.closest("[data-crew]")
    if (row) store.open("crew", row.dataset.crew)
  })
  return {
    draw: () => fill(body, html(store, rowsFit(body, 4.6))),
    note: () => `${word(store.language, "on_duty")} ${number(onDuty(store).length)}`,
  }
}

function html(store, room) {
  const {language} = store
  const all = onDuty(store)
  if (!all.length) return `<p class="none">${word(language, "no_crew")}</p>`
  const counts = ORDER.map((state) => [state, all.filter((crew) => crew.state === state).length])
  const bar = counts.filter(([, n]) => n).map(([state, n]) => `<i class="${state}" style="flex:${n}"></i>`).join("")
  const legend = counts.map(([state, n]) => `<span class="${state}"><i></i>${word(language, `state_${state}`)} <b>${n}</b></span>`).join("")
  const sorted = all.sort((a, b) => ORDER.indexOf(a.state) - ORDER.indexOf(b.state) || a.id.localeCompare(b.id))
  return `<div class="states">${bar}</div><div class="key">${legend}</div>
    <div class="rows">${sorted.slice(0, room).map((crew) => row(store, crew)).join("")}</div>`
}

function row(store, crew) {
  const {language, status} = store
  const item = crew.case ? store.state.cases.get(crew.case) : null
  const where = item ? casePlace(store, item) : crew.state === "travelling" ? word(language, "home") : ""
  const eta = crew.eta && crew.state !== "working" ? clockText(status?.start, crew.eta, false) : ""
  const late = crew.delay >= 30 ? `<span class="late">+${spanText(crew.delay)}</span>` : ""
  return `<div class="row" data-crew="${escape(crew.id)}"><i class="dot ${crew.state}"></i><span class="num">${escape(crew.id)}</span>
    <span class="skill">${escape(store.skillName(crew.skill))}</span><span class="grow">${escape(where)}</span>${late}
    <span class="stage">${word(language, `state_${crew.state}`)}</span><b class="timer">${eta}</b></div>`
}
