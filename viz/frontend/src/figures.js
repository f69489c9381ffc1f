// The few figures that matter, at the simulated time. What only some runs have, such as alarms, gas and people
// without water, takes the place of what says least in them, once it has been; where there has been no rain and no
// water on a street, that of all figures of water.

import {isOpen} from "./story.js"
import {STALE_S} from "./series.js"
import {number} from "./text.js"

const GIVES_WAY = ["max_depth", "flooded_road", "travelling"]
const OF_WATER = ["rain_now", "spots", "cut_roads", "flooded_road", "max_depth"]

export function figures(store) {
  const {state, series, timeS} = store
  const city = (quantity) => series.value("city", quantity, timeS)
  const crews = [...state.crews.values()]
  const open = [...state.cases.values()].filter(isOpen), alarms = [...state.alarms.values()]
  const always = [
    {key: "rain_now", value: number(city("rain_intensity"), city("rain_intensity") >= 100 ? 0 : 1), unit: "mm/h", tone: ""},
    {key: "spots", value: number(state.flooded["0.15"].size), unit: "unit_count", tone: state.flooded["0.15"].size ? "warn" : ""},
    {key: "cut_roads", value: number(state.flooded["0.30"].size), unit: "unit_count", tone: state.flooded["0.30"].size ? "bad" : ""},
    {key: "flooded_road", value: number(city("flooded_road_015")), unit: "m", tone: city("flooded_road_015") > 0 ? "warn" : ""},
    {key: "max_depth", value: number(city("max_depth"), 2), unit: "m", tone: ""},
    {key: "open_cases", value: number(open.length), unit: "unit_cases", tone: open.some((item) => item.level === 1) ? "bad" : open.length ? "warn" : ""},
    {key: "travelling", value: number(crews.filter((crew) => crew.state === "travelling" || crew.state === "cut_off").length), unit: "unit_crews", tone: ""},
    {key: "working", value: number(crews.filter((crew) => crew.state === "working").length), unit: "unit_crews", tone: ""},
  ]
  const special = []
  if (store.story.hasKind("alarm.published")) {
    special.push({key: "alarms", value: number(alarms.length), unit: "unit_count", tone: alarms.some((alarm) => alarm.level <= 2) ? "bad" : alarms.length ? "warn" : ""})
  }
  if (store.story.hasKind("supply.customers_out")) {
    special.push({key: "without_water", value: number(state.personsOut || 0), unit: "unit_persons", tone: state.personsOut ? "bad" : ""})
  }
  special.push(...ofGas(store), ...ofStructures(store))
  const isDry = !store.story.hasKind("rain.started") && !store.story.hasKind("road.flooded")
  if (isDry && special.length) {
    const closed = {key: "closed_roads", value: number(state.closedRoads.size), unit: "unit_count", tone: state.closedRoads.size ? "warn" : ""}
    return [...special, closed, ...always.filter((figure) => !OF_WATER.includes(figure.key))]
  }
  const shown = special.slice(0, GIVES_WAY.length), given = GIVES_WAY.slice(0, shown.length)
  return [...always.filter((figure) => !given.includes(figure.key)), ...shown]
}

// What detectors read now, the highest, and how many of their sites are in alarm; nothing before the first reading.
function ofGas({series, state, timeS}) {
  const read = Object.keys(series.subjects).filter((subject) => subject.startsWith("gas:"))
    .map((subject) => series.at(subject, "methane", timeS)).filter((reading) => reading && reading.value !== null)
  if (!read.length) return []
  const highest = Math.max(...read.filter((reading) => timeS - reading.t <= STALE_S).map((reading) => reading.value), 0)
  const sites = [...state.sites.values()].filter((site) => site.level)
  const tone = sites.some((site) => site.level === 1) ? "bad" : sites.length ? "warn" : ""
  return [
    {key: "gas_highest", value: number(highest), unit: "%LEL", tone},
    {key: "gas_sites", value: number(sites.length), unit: "unit_count", tone},
  ]
}

// How many gauges of the watched structures are outside their limits.
function ofStructures({state}) {
  if (!state.structures.size) return []
  const out = [...state.structures.values()].reduce((sum, item) => sum + item.out.size, 0)
  return [{key: "gauges_out", value: number(out), unit: "unit_gauges", tone: out ? "warn" : ""}]
}
