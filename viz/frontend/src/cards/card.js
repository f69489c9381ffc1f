// A card: its frame and title, and the content by kind.

import {word} from "../words.js"
import {fill, mount} from "../parts/html.js"
import {balance} from "./balance.js"
import {cases} from "./cases.js"
import {crews} from "./crews.js"
import {flow} from "./flow.js"
import {rain} from "./rain.js"
import {sensors} from "./sensors.js"

const CONTENTS = {rain, balance, sensors, cases, flow, crews}

export function renderCard(store, el, model) {
  const root = mount(el, `card ${model.kind}`)
  root.innerHTML = `<h2><span></span><em class="stamp"></em><small></small></h2><div class="body"></div>`
  const title = root.querySelector("h2 span"), stamp = root.querySelector(".stamp"), note = root.querySelector("small")
  const content = CONTENTS[model.kind](store, root.querySelector(".body"))
  const draw = () => {
    title.textContent = word(store.language, `card_${model.kind}`)
    stamp.textContent = word(store.language, "simulated")
    fill(note, content.note ? content.note() : "")
    content.draw()
  }
  const stops = ["tick", "language", "manifest"].map((topic) => store.on(topic, draw))
  draw()
  return () => { stops.forEach((stop) => stop()); if (content.stop) content.stop() }
}
