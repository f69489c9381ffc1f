// The few figures that matter, at the simulated time. What only some runs have, alarms and people without
// water, takes the place of what says least in them, once it has been.

import {isOpen} from "./story.js"
import {number} from "./text.js"

const GIVES_WAY = ["max_depth", "flooded_road"]

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
  const given = GIVES_WAY.slice(0, special.length)
  return [...always.filter((figure) => !given.includes(figure.key)), ...special]
}
