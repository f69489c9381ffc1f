// Where the water is that has fallen: on the surface, in the sewer, out at the outfalls, pumped, over the edge, into the ground.

import {number} from "../text.js"
import {word} from "../words.js"
import {axis, base, Chart, playhead, timeAxis, upTo} from "./chart.js"
import {nice} from "./rain.js"

const PARTS = [
  ["surface", "surface_volume", "#35c6ff"],
  ["sewer", "sewer_volume", "#a98bff"],
  ["outfall", "outfall_volume", "#3ee0a0"],
  ["pumped", "pumped_volume", "#ffd27a"],
  ["edge", "edge_outflow", "#5f83a8"],
  ["infiltrated", "infiltrated_volume", "#b98b5e"],
  ["depression", "depression_volume", "#8f9a6a"],
]

const LEAST_M3 = 10 // that the axis shows

export function balance(store, body) {
  const chart = new Chart(body, (s) => balanceOption(store, s))
  return {
    draw: () => chart.draw(),
    note: () => {
      const stored = store.series.value("city", "surface_volume", store.timeS)
      return stored === null ? "" : `${word(store.language, "surface")} ${number(stored)} m³`
    },
    stop: () => chart.stop(),
  }
}

export function balanceOption(store, s) {
  const there = PARTS.filter(([, quantity]) => store.series.line("city", quantity))
  const drawn = there.map(([, quantity]) => upTo(store.series.line("city", quantity), store.timeS))
  const top = nice(Math.max(LEAST_M3, ...(drawn[0] || []).map((_, i) => drawn.reduce((sum, points) => sum + (points[i]?.[1] || 0), 0))))
  return base(s, {
    grid: {left: 62 * s, right: 26 * s, top: 34 * s, bottom: 28 * s},
    xAxis: timeAxis(s, store),
    yAxis: axis(s, {type: "value", min: 0, max: top, interval: top / 4}),
    series: there.map(([key, , colour], i) => ({
      name: word(store.language, key), type: "line", stack: "water", symbol: "none", data: drawn[i],
      lineStyle: {width: 1, color: colour}, itemStyle: {color: colour}, areaStyle: {color: colour, opacity: 0.6},
      ...(i === 0 ? {markLine: playhead(store.timeS)} : {}),
    })),
  })
}
