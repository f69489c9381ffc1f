// Open cases, the most urgent first, with their stage and the time that is left.

import {escape, fill, number, rowsFit} from "../parts/html.js"
import {isOpen} from "../story.js"
import {word} from "../words.js"
import {timer} from "./timer.js"

export function ordered(store) {
  const open = [...store.state.cases.values()].filter(isOpen)
  return open.sort((a, b) => a.level - b.level || a.registered - b.registered || a.id.localeCompare(b.id))
}

export function cases(store, body) {
  body.addEventListener("click", (event) => {
    const row = event.target.closest("[data-case]")
    if (row) store.open("case", row.dataset.case)
  })
  return {
    draw: () => fill(body, html(store, rowsFit(body))),
    note: () => {
      const all = [...store.state.cases.values()]
      const closed = all.filter((item) => item.stage === "closed").length
      return `${word(store.language, "open_n")} ${number(all.filter(isOpen).length)} · ${word(store.language, "closed_n")} ${number(closed)}`
    },
  }
}

function html(store, room) {
  const {language} = store
  const w = (key) => word(language, key)
  const open = ordered(store)
  const recent = [...store.state.cases.values()].filter((item) => item.stage === "closed").sort((a, b) => b.closed - a.closed)
  if (!open.length && !recent.length) return `<p class="none">${w("no_case")}</p>`
  const places = open.length > room ? room - 1 : room // the last place tells how many there are besides
  const shown = [...open.slice(0, places), ...recent.slice(0, Math.max(0, places - open.length))]
  const rest = open.length - places
  return `<div class="rows">${shown.map((item) => row(store, item)).join("")}</div>` +
    (rest > 0 ? `<p class="rest">${w("more")} ${rest} ${w("unit_cases")}</p>` : "")
}

function row(store, item) {
  const {language, manifest, timeS} = store
  const numeral = manifest?.legend.numerals[item.level] || item.level
  return `<div class="row ${isOpen(item) ? "" : "done"}" data-case="${escape(item.id)}"><u class="level${item.level}">${numeral}</u>
    <span class="num">${escape(item.id)}</span><span class="grow">${escape(casePlace(store, item))}</span>
    <span class="stage ${item.stage}">${word(language, `stage_${item.stage}`)}</span>${timer(store, item, timeS, true)}</div>`
}

export function casePlace(store, item) {
  return item.place[store.language] || item.place.en || item.place.zh || (item.road ? store.roadName(item.road) : "")
}
