// The strip of the few figures that matter.

import {figures} from "../figures.js"
import {word} from "../words.js"
import {fill, mount} from "./html.js"

export function renderKpis(store, el) {
  const root = mount(el, "kpis")
  const draw = () => {
    const w = (key) => word(store.language, key)
    fill(root, figures(store).map((f) => `<div class="kpi ${f.tone}" data-kpi="${f.key}"><b>${f.value}<i>${w(f.unit)}</i></b>
      <span>${w(f.key)}</span></div>`).join("") + `<em class="stamp">${w("simulated")}</em>`)
  }
  const stops = ["tick", "language"].map((topic) => store.on(topic, draw))
  draw()
  return () => stops.forEach((stop) => stop())
}
