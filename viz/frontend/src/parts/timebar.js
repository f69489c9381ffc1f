// Play, pause, speed, scrub, jump to the peak; switches of the map's layers; legend.

import {rainBars} from "../cards/rain.js"
import {timeTicks} from "../clock.js"
import {SPEEDS} from "../store.js"
import {word} from "../words.js"
import {fill, mount} from "./html.js"

const SWITCHED = ["buildings", "roads", "water", "sewers", "gullies", "sensors", "structures", "failures", "patrols", "crews", "cases", "labels"]
const MOST_TICKS = 8
const AT_END = 0.03 // share of the track, about half a label

export function renderTimeBar(store, el) {
  const root = mount(el, "timebar")
  root.innerHTML = `<div class="legend"></div><div class="switches"></div>
    <div class="bar"><button class="play" data-act="play"></button><select></select>
    <div class="track"><canvas class="rain"></canvas><div class="ready"></div><input type="range" min="0" max="1" step="1" value="0" aria-label="time"><div class="ticks"></div></div>
    <button class="peak" data-act="peak"></button></div>`
  const at = (selector) => root.querySelector(selector)
  const range = at("input"), select = at("select")
  let held = false
  const draw = () => {
    const w = (key) => word(store.language, key)
    fill(at(".play"), store.playing ? "❚❚" : "▶")
    at(".play").title = w(store.playing ? "pause" : "play")
    fill(at(".peak"), w("peak"))
    fill(select, SPEEDS.map((speed) => `<option value="${speed}">×${speed}</option>`).join(""))
    select.value = String(store.speed)
    range.max = String(Math.max(1, Math.round(store.durationS())))
    if (!held) range.value = String(Math.round(store.timeS))
    at(".ready").style.width = `${100 * share(store.availableS(), store)}%`
    fill(at(".ticks"), ticks(store))
    fill(at(".legend"), legend(store))
    fill(at(".switches"), switches(store))
    drawRain(at(".rain"), store)
  }
  range.addEventListener("input", () => { held = true; store.seek(Number(range.value)) })
  range.addEventListener("change", () => { held = false })
  select.addEventListener("change", () => store.setSpeed(Number(select.value)))
  root.addEventListener("click", (event) => {
    const button = event.target.closest("button")
    if (!button) return
    if (button.dataset.act === "play") store.play(!store.playing)
    if (button.dataset.act === "peak") { store.play(false); store.seek(store.peakS()) }
    if (button.dataset.layer) { store.showLayer(button.dataset.layer, store.layersShown[button.dataset.layer] === false); draw() }
  })
  const watch = new ResizeObserver(() => drawRain(at(".rain"), store))
  watch.observe(at(".track"))
  const stops = [
    ...["tick", "data", "language", "manifest"].map((topic) => store.on(topic, draw)),
    () => watch.disconnect(),
  ]
  draw()
  return () => stops.forEach((stop) => stop())
}

const share = (timeS, store) => Math.min(1, timeS / Math.max(1, store.durationS()))

function ticks(store) {
  const total = store.durationS()
  if (!total) return ""
  return timeTicks(store.status?.start, total, MOST_TICKS).map(({t, text}) => `<span class="${side(t / total)}" style="left:${100 * t / total}%">${text}</span>`).join("")
}

// A label at an end stands inside the track, clear of what is beside it.
const side = (share) => (share < AT_END ? "begin" : share > 1 - AT_END ? "end" : "")

// Rain so far behind the time line; what is yet to fall is not told.
function drawRain(canvas, store) {
  const {clientWidth: width, clientHeight: height} = canvas
  if (!width) return
  canvas.width = width * devicePixelRatio
  canvas.height = height * devicePixelRatio
  const ctx = canvas.getContext("2d")
  ctx.fillStyle = "rgba(63,208,255,.55)"
  for (const [from, to, share] of rainBars(store)) {
    ctx.fillRect(from * canvas.width, (1 - share) * canvas.height, Math.max(1, (to - from) * canvas.width), share * canvas.height)
  }
}

function legend(store) {
  const {manifest, language} = store
  if (!manifest) return ""
  const w = (key) => word(language, key)
  const rgba = (c) => `rgba(${c[0]},${c[1]},${c[2]},${c[3] ? Math.max(0.6, c[3] / 255) : 1})`
  const {water_stops: water, road_stops: roads, road_dry: dry, road_closed: closed} = manifest.legend
  const shown = water.filter((stop) => stop.depth_m >= 0.05 && stop.depth_m <= 1)
  return `<span class="name">${w("depth_legend")} m</span>` +
    shown.map((stop) => `<span><i style="background:${rgba(stop.colour)}"></i>${stop.depth_m}</span>`).join("") +
    `<span class="name">${w("road_legend")}</span><span><i class="line" style="background:${rgba(dry)}"></i>${w("dry")}</span>` +
    roads.map((stop) => `<span><i class="line" style="background:${rgba(stop.colour)}"></i>≥${stop.depth_m.toFixed(2)}</span>`).join("") +
    `<span><i class="line" style="background:${rgba(closed)}"></i>${w("closed_road")}</span>` + sewerKey(store, rgba) + healthKey(store, rgba)
}

// Sewers are named in the legend while they are shown.
function sewerKey(store, rgba) {
  const layer = store.manifest.layers.find((entry) => entry.id === "sewers")
  if (!layer || store.layersShown.sewers === false) return ""
  return `<span><i class="line" style="background:${rgba(layer.style.getColor)}"></i>${layer[store.language]}</span>`
}

// Grades of health are named in the legend where structures are watched and shown.
function healthKey(store, rgba) {
  const {manifest, language, state} = store
  if (!state?.structures.size || store.layersShown.structures === false) return ""
  return `<span class="name">${word(language, "health")}</span>` + Object.entries(manifest.legend.grades)
    .map(([grade, colour]) => `<span title="${manifest.grades?.[grade]?.[language] || ""}"><i style="background:${rgba(colour)}"></i>${grade}</span>`).join("")
}

function switches(store) {
  if (!store.manifest) return ""
  const there = new Map(store.manifest.layers.map((layer) => [layer.id, layer]))
  return SWITCHED.filter((id) => there.has(id)).map((id) =>
    `<button data-layer="${id}" class="${store.layersShown[id] === false ? "" : "on"}">${there.get(id)[store.language]}</button>`).join("")
}
