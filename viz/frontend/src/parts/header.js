// Title, state of the run, simulated clock, language switch.

import {clockText, dateText} from "../clock.js"
import {rainLevel} from "../levels.js"
import {word} from "../words.js"
import {escape, fill, mount} from "./html.js"

export function renderHeader(store, el, model) {
  const root = mount(el, "header")
  const draw = () => fill(root, html(store))
  root.addEventListener("click", (event) => {
    const button = event.target.closest("[data-language]")
    if (!button) return
    store.setLanguage(button.dataset.language)
    model.language = button.dataset.language
  })
  const stops = [
    ...["tick", "data", "language", "manifest", "link"].map((topic) => store.on(topic, draw)),
    store.on("opened", () => { model.opened = store.opened ? {kind: store.opened.kind, id: String(store.opened.id)} : {} }),
  ]
  draw()
  return () => stops.forEach((stop) => stop())
}

function html(store) {
  const {language, status, manifest, timeS} = store
  const w = (key) => word(language, key)
  const city = manifest ? manifest.title[language] || manifest.title.en || manifest.name : ""
  const start = status?.start
  return `<div class="meta"><span class="kind">${w("simulated")}</span><span>${runState(store)}</span>
      <span class="city">${escape(city)}</span></div>
    <h1>${w("title")}</h1>
    <div class="meta end">${alarm(store)}<span>${start ? dateText(start, timeS, language) : ""}</span>
      <span class="clock" data-part="clock">${clockText(start, timeS)}</span>
      <span class="switch">${["zh", "en"].map((name) => `<button data-language="${name}" class="${name === language ? "on" : ""}">${name === "zh" ? "中" : "EN"}</button>`).join("")}</span></div>`
}

function runState(store) {
  const w = (key) => word(store.language, key)
  if (!store.linked) return `<b class="bad">${w("lost")}</b>`
  if (!store.status) return ""
  const state = store.status.status
  const text = {running: "following", finished: "replay", interrupted: "interrupted", failed: "failed"}[state]
  return `<b class="${state === "running" || state === "finished" ? "good" : "bad"}">${w(text)}</b>`
}

function alarm(store) {
  const level = rainLevel(store.series, store.manifest?.response_levels || [], store.timeS)
  if (!level) return ""
  return `<span class="alarm level${level.level}">${word(store.language, "rain_alarm")} ${store.manifest.legend.numerals[level.level]} · ${escape(level.text)}</span>`
}
