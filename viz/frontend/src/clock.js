// Simulated time and how it is written. A run's start carries its own offset from UTC, so clocks read
// as they do in the city, wherever the browser is.

const OFFSET = /([+-])(\d\d):?(\d\d)$/

export function parseStart(start) {
  if (!start) return {ms: 0, offsetMs: 0}
  const ms = Date.parse(start)
  const found = OFFSET.exec(start)
  const minutes = found ? (found[1] === "-" ? -1 : 1) * (Number(found[2]) * 60 + Number(found[3])) : 0
  return {ms, offsetMs: minutes * 60000}
}

const two = (n) => String(n).padStart(2, "0")

export function civil(start, timeS) {
  const {ms, offsetMs} = parseStart(start)
  return new Date(ms + offsetMs + timeS * 1000)
}

// The time of day in the city; where a run has no start, the time since it began.
export function clockText(start, timeS, seconds = true) {
  if (!start) return spanText(timeS)
  const d = civil(start, timeS)
  return `${two(d.getUTCHours())}:${two(d.getUTCMinutes())}` + (seconds ? `:${two(d.getUTCSeconds())}` : "")
}

export function dateText(start, timeS, language) {
  const d = civil(start, timeS)
  const day = `${d.getUTCFullYear()}-${two(d.getUTCMonth() + 1)}-${two(d.getUTCDate())}`
  const names = language === "zh"
    ? ["星期日", "星期一", "星期二", "星期三", "星期四", "星期五", "星期六"]
    : ["Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"]
  return `${day} ${names[d.getUTCDay()]}`
}

// 75 -> 01:15, 3700 -> 1:01:40
export function spanText(seconds) {
  const s = Math.max(0, Math.round(seconds))
  const h = Math.floor(s / 3600), m = Math.floor(s / 60) % 60
  return h > 0 ? `${h}:${two(m)}:${two(s % 60)}` : `${two(m)}:${two(s % 60)}`
}

const HOUR_S = 3600, DAY_S = 24 * HOUR_S
const STEPS_S = [60, 300, 600, 900, 1800, HOUR_S, 2 * HOUR_S, 4 * HOUR_S, 6 * HOUR_S, 12 * HOUR_S, ...[1, 2, 5, 10, 30, 60, 120, 365].map((days) => days * DAY_S)]

// Round times of the city from the start of a run until a time, at most so many: {t, text}, dates where they are days apart.
export function timeTicks(start, untilS, most) {
  const step = STEPS_S.find((s) => untilS / s <= most) || STEPS_S[STEPS_S.length - 1]
  const {ms, offsetMs} = parseStart(start), round = Math.min(step, DAY_S)
  const ticks = []
  for (let t = (round - ((ms + offsetMs) / 1000) % round) % round; t <= untilS; t += step) ticks.push({t, text: tickText(start, t, step)})
  return ticks
}

function tickText(start, t, step) {
  if (!start || step < DAY_S) return clockText(start, t, false)
  const d = civil(start, t)
  return `${two(d.getUTCMonth() + 1)}-${two(d.getUTCDate())}`
}
