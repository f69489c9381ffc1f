// Rain and what it does to the streets, up to the simulated time.

import {clockText, spanText} from "../clock.js"
import {number} from "../parts/html.js"
import {word} from "../words.js"
import {axis, base, Chart, playhead, timeAxis, upTo} from "./chart.js"

export function rain(store, body) {
  const clock = (t) => (store.status?.start ? clockText(store.status.start, t, false) : spanText(t))
  const chart = new Chart(body, (s) => {
    const line = (quantity) => store.series.line("city", quantity)
    const top = (quantity, least) => Math.max(least, ...(line(quantity)?.v || [0]))
    return base(s, {
      xAxis: timeAxis(s, store, clock),
      yAxis: [
        axis(s, {type: "value", name: "mm/h", min: 0, max: nice(top("rain_intensity", 1)), interval: nice(top("rain_intensity", 1)) / 4}),
        axis(s, {type: "value", name: "m", min: 0, max: nice(top("flooded_road_015", 10)), interval: nice(top("flooded_road_015", 10)) / 4, splitLine: {show: false}}),
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
  })
  return {
    draw: () => chart.draw(),
    note: () => {
      const rained = store.series.value("city", "rain_volume", store.timeS)
      return rained === null ? "" : `${word(store.language, "rained")} ${number(rained)} m³`
    },
    stop: () => chart.stop(),
  }
}

// The next round number of the kind that axes carry.
export function nice(value) {
  const power = 10 ** Math.floor(Math.log10(value))
  const steps = [1, 2, 4, 5, 8, 10]
  return power * steps.find((step) => step * power >= value)
}
