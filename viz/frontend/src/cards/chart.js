// ECharts as scalable vector graphics, with the screen's type and colours.

import {BarChart, LineChart} from "echarts/charts"
import {GridComponent, LegendComponent, MarkLineComponent} from "echarts/components"
import {init, use} from "echarts/core"
import {SVGRenderer} from "echarts/renderers"
import {timeTicks} from "../clock.js"

use([BarChart, LineChart, GridComponent, LegendComponent, MarkLineComponent, SVGRenderer])

const MOST_TICKS = 5 // round times below a card's chart
const FONT = "'Noto Sans SC Variable','Noto Sans CJK SC',sans-serif"

export const unit = () => parseFloat(getComputedStyle(document.documentElement).fontSize) / 10

export class Chart {
  constructor(node, option) {
    this.node = node
    this.option = option
    this.chart = null
    this.watch = new ResizeObserver(() => this.resize())
    this.watch.observe(node)
  }

  resize() {
    if (!this.node.clientWidth || !this.node.clientHeight) return
    if (this.chart) this.chart.resize()
    this.draw(true)
  }

  draw(whole = false) {
    if (!this.node.clientWidth || !this.node.clientHeight) return
    if (!this.chart) { this.chart = init(this.node, null, {renderer: "svg"}); whole = true }
    const option = this.option(unit())
    if (option) this.chart.setOption(option, {notMerge: whole, lazyUpdate: true})
  }

  stop() { this.watch.disconnect(); if (this.chart) this.chart.dispose() }
}

export function base(s, more) {
  return {
    backgroundColor: "transparent", animation: false, textStyle: {fontFamily: FONT},
    grid: {left: 50 * s, right: 50 * s, top: 40 * s, bottom: 28 * s},
    legend: {textStyle: {color: "#c4e1fa", fontSize: 13 * s}, top: 4 * s, left: "center", itemWidth: 14 * s, itemHeight: 8 * s, itemGap: 12 * s},
    ...more,
  }
}

export function axis(s, more) {
  return {
    axisLine: {lineStyle: {color: "#2d5f8e"}}, axisTick: {show: false},
    axisLabel: {color: "#a9cdec", fontSize: 12 * s}, splitLine: {lineStyle: {color: "rgba(80,140,200,.15)"}},
    nameTextStyle: {color: "#8fb6d9", fontSize: 12 * s}, ...more,
  }
}

// Time at the round times of the city.
export function timeAxis(s, store) {
  const total = Math.max(60, store.durationS())
  const ticks = new Map(timeTicks(store.status?.start, total, MOST_TICKS).map(({t, text}) => [t, text]))
  return axis(s, {
    type: "value", min: 0, max: total, splitLine: {show: false},
    axisLabel: {color: "#a9cdec", fontSize: 12 * s, formatter: (t) => ticks.get(t) ?? "", customValues: [...ticks.keys()]},
  })
}

// A line up to the present time, thinned to what a card can show.
export function upTo(line, timeS, points = 240) {
  if (!line) return []
  let n = line.t.length
  while (n > 0 && line.t[n - 1] > timeS) n--
  const step = Math.max(1, Math.ceil(n / points))
  const out = []
  for (let i = 0; i < n; i += step) out.push([line.t[i], line.v[i]])
  if (n && (n - 1) % step) out.push([line.t[n - 1], line.v[n - 1]])
  return out
}

export const playhead = (timeS) => ({
  silent: true, symbol: "none", label: {show: false}, lineStyle: {color: "#ffffff", width: 1, type: "solid", opacity: 0.55}, data: [{xAxis: timeS}],
})
