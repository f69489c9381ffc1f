// Rain and what it does to the streets, up to the simulated time.

import {lastIndex, rangeUntil} from "../series.js"
import {number} from "../text.js"
import {word} from "../words.js"
import {axis, base, Chart, playhead, timeAxis, upTo} from "./chart.js"

// Axes show at least so much, and beyond that what has been so far: what is yet to come is not told.
const LEAST_RAIN_MM_H = 10
const LEAST_FLOODED_M = 100

export function rain(store, body) {
  const chart = new Chart(body, (s) => rainOption(store, s))
  return {
    draw: () => chart.draw(),
    note: () => {
      const rained = store.series.value("city", "rain_volume", store.timeS)
      return rained === null ? "" : `${word(store.language, "rained")} ${number(rained)} m³`
    },
    stop: () => chart.stop(),
  }
}

// Where the axis of a quantity ends.
const top = (store, quantity, least) => nice(Math.max(least, rangeUntil([store.series.line("city", quantity)], store.timeS)?.high ?? 0))

export function rainOption(store, s) {
  const line = (quantity) => store.series.line("city", quantity)
  const rained = top(store, "rain_intensity", LEAST_RAIN_MM_H), flooded = top(store, "flooded_road_015", LEAST_FLOODED_M)
  return base(s, {
    xAxis: timeAxis(s, store),
    yAxis: [
      axis(s, {type: "value", name: "mm/h", min: 0, max: rained, interval: rained / 4}),
      axis(s, {type: "value", name: "m", min: 0, max: flooded, interval: flooded / 4, splitLine: {show: false}}),
    ],
    series: [
      {
        name: word(store.language, "rain"), type: "line", step: "end", symbol: "none", data: upTo(line("rain_intensity"), store.timeS),
        lineStyle: {width: 1.5 * s, color: "#3fd0ff"}, itemStyle: {color: "#3fd0ff"},
        areaStyle: {color: {type: "linear", x: 0, y: 0, x2: 0, y2: 1, colorStops: [{offset: 0, color: "rgba(63,208,255,.75)"}, {offset: 1, color: "rgba(20,90,180,.2)"}]}},
        markLine: playhead(store.timeS),
      },
      {
        name: word(store.language, "flooded_length"), type: "line", yAxisIndex: 1, symbol: "none", data: upTo(line("flooded_road_015"), store.timeS),
        lineStyle: {color: "#ffb02e", width: 3 * s}, itemStyle: {color: "#ffb02e"},
      },
    ],
  })
}

// Rain so far as bars over the length of the run: from, to and height, shares of 1.
export function rainBars(store) {
  const line = store.series.line("city", "rain_intensity"), total = store.durationS()
  if (!line || !total) return []
  const rained = top(store, "rain_intensity", LEAST_RAIN_MM_H)
  return line.t.slice(0, lastIndex(line.t, store.timeS) + 1).map((t, i) => {
    const next = i + 1 < line.t.length ? line.t[i + 1] : Infinity
    return [t / total, Math.min(store.timeS, next) / total, (line.v[i] || 0) / rained]
  })
}

// The next round number of the kind that axes carry.
export function nice(value) {
  const power = 10 ** Math.floor(Math.log10(value))
  const steps = [1, 2, 4, 5, 8, 10]
  return power * steps.find((step) => step * power >= value)
}
