// The latest alarms along the bottom; a click opens the case or shows the place.

import {clockText} from "../clock.js"
import {CAUSE, DATA, ID, KIND, SUBJECT, TIME} from "../story.js"
import {casePlace} from "../cards/cases.js"
import {word} from "../words.js"
import {alarmText} from "./alarmtext.js"
import {escape, fill, mount, number} from "./html.js"

const ALARMS = new Set([
  "case.registered", "case.escalated", "case.overdue", "case.returned", "case.suspended", "case.reopened", "case.closed", "road.flooded", "sewer.surcharged",
  "crew.cut_off", "crew.lost", "order.issued", "order.refused", "alarm.published", "alarm.escalated", "alarm.overdue", "alarm.flood_began",
])
const SHOWN = 14
const FEW = {"sewer.surcharged": 3, "order.issued": 3, "road.flooded": 4} // at most so many of a kind

export function renderTicker(store, el) {
  const root = mount(el, "ticker")
  root.innerHTML = `<div class="title"></div><div class="window"><div class="run"></div></div>`
  const [title, run] = [root.querySelector(".title"), root.querySelector(".run")]
  const draw = () => {
    title.textContent = word(store.language, "ticker")
    const rows = alarms(store)
    const html = rows.map((row) => item(store, row)).join("")
    if (fill(run, html || `<span class="none">${word(store.language, "no_alarm")}</span>`)) roll()
    run.style.animationDuration = `${Math.max(24, rows.length * 6)}s`
  }
  // What fits stands still; what is longer runs, and a copy follows it.
  const roll = () => {
    run.querySelectorAll("[aria-hidden]").forEach((copy) => copy.remove())
    const fits = run.offsetWidth <= run.parentElement.clientWidth
    run.classList.toggle("still", fits)
    if (fits) return
    for (const node of [...run.children]) { const copy = node.cloneNode(true); copy.setAttribute("aria-hidden", "true"); run.append(copy) }
  }
  const watch = new ResizeObserver(roll)
  watch.observe(run.parentElement)
  run.addEventListener("click", (event) => {
    const button = event.target.closest("button")
    if (button) openAlarm(store, Number(button.dataset.event))
  })
  const stops = [...["tick", "language", "manifest"].map((topic) => store.on(topic, draw)), () => watch.disconnect()]
  draw()
  return () => stops.forEach((stop) => stop())
}

// Roads matter from the depth at which they are cut; a manhole that overflows again is one alarm.
function alarms(store) {
  const rows = store.story.latest(ALARMS, 300)
  const seen = new Set(), count = {}
  const found = []
  for (const row of rows) {
    if (row[KIND] === "road.flooded" && row[DATA].threshold_m < 0.3) continue
    const name = `${row[KIND]}:${row[SUBJECT]}`
    if (seen.has(name)) continue
    count[row[KIND]] = (count[row[KIND]] || 0) + 1
    if (count[row[KIND]] > (FEW[row[KIND]] || SHOWN)) continue
    seen.add(name)
    found.push(row)
    if (found.length === SHOWN) break
  }
  return found
}

function item(store, row) {
  const {language, manifest, status} = store
  const kind = manifest?.kinds?.[row[KIND]]
  const level = levelOf(store, row)
  const clock = clockText(status?.start, row[TIME], false)
  const numeral = level && manifest ? `<u class="level${level}">${manifest.legend.numerals[level]}</u>` : `<i class="${toneOf(row)}"></i>`
  return `<button data-event="${row[ID]}" data-case="${escape(caseOf(store, row) || "")}">${numeral}<time>${clock}</time>
    ${escape(kind ? kind[language] : row[KIND])} ${escape(subjectText(store, row))}</button>`
}

export function subjectText(store, row) {
  const {language} = store, data = row[DATA]
  if (row[KIND].startsWith("case.")) {
    const found = store.state.cases.get(row[SUBJECT])
    const place = found?.place[language] || (found?.road && store.roadName(found.road)) || ""
    return place ? `${row[SUBJECT]} ${place}` : row[SUBJECT]
  }
  if (row[KIND].startsWith("road.")) return `${store.roadName(row[SUBJECT])} ${number(data.depth_m, 2)} m`
  if (row[KIND].startsWith("alarm.")) return alarmText(store, row)
  if (row[KIND] === "crew.cut_off") return `${row[SUBJECT]} ${store.roadName(data.road)}`
  if (row[KIND] === "order.issued") return `${orderText(store, data)}`
  return row[SUBJECT]
}

const ORDERS = {
  zh: {CloseRoad: "封闭道路", OpenRoad: "恢复通行", ClearGullies: "疏通雨水箅子", StartPump: "启动抽排", StopPump: "停止抽排",
    LayBarrier: "设置围堰", RemoveBarrier: "撤除围堰", LayCulvert: "开通涵洞", RemoveCulvert: "封堵涵洞", ShutCulvert: "关闭涵闸", OpenCulvert: "开启涵闸",
    ShutValve: "关闭阀门", OpenValve: "开启阀门", RepairPipe: "修复管道",
    SealGasLeak: "封堵燃气泄漏", VentilateSite: "强制通风", FillCavity: "填充地下空洞", SurveyRoads: "雷达普查", SecureStructure: "结构排险加固",
    UnblockConduit: "疏通排水管", RebuildConduit: "修复排水管", RestartPump: "重启排水泵"},
  en: {CloseRoad: "close road", OpenRoad: "open road", ClearGullies: "clear gullies", StartPump: "start pump", StopPump: "stop pump",
    LayBarrier: "lay barrier", RemoveBarrier: "remove barrier", LayCulvert: "open up culvert", RemoveCulvert: "fill culvert", ShutCulvert: "shut culvert", OpenCulvert: "open culvert",
    ShutValve: "shut valve", OpenValve: "open valve", RepairPipe: "repair main",
    SealGasLeak: "seal gas leak", VentilateSite: "ventilate site", FillCavity: "fill void", SurveyRoads: "survey roads", SecureStructure: "secure structure",
    UnblockConduit: "unblock sewer", RebuildConduit: "rebuild sewer", RestartPump: "restart pump"},
}

// What is ordered and where: at the road that the order names, else at the place of its case.
export function orderText(store, data) {
  const name = ORDERS[store.language][data.order] || data.order
  const item = store.state?.cases.get(data.case)
  const place = store.rows?.roads?.has(data.target) ? store.roadName(data.target) : item ? casePlace(store, item) : ""
  const flow = data.order === "StartPump" && data.capacity_m3_h ? ` ${number(data.capacity_m3_h)} m³/h` : ""
  return `${name}${place ? ` ${place}` : ""}${flow}`
}

function levelOf(store, row) {
  if (row[KIND] === "alarm.published" || row[KIND] === "alarm.escalated") return row[DATA].level
  if (row[KIND] === "case.closed" || !row[KIND].startsWith("case.")) return null
  return row[DATA].level || store.state.cases.get(row[SUBJECT])?.level || null
}

const toneOf = (row) => (row[KIND] === "case.closed" ? "good" : row[KIND] === "order.issued" ? "act" : "warn")

// The case an event belongs to: its own, the one it names, or that of the same road.
export function caseOf(store, row) {
  if (row[KIND].startsWith("case.")) return row[SUBJECT]
  if (row[DATA].case) return row[DATA].case
  if (row[KIND].startsWith("road.")) {
    for (const item of store.state.cases.values()) if (item.road === row[SUBJECT]) return item.id
  }
  const cause = row[CAUSE] !== null ? store.story.byId.get(row[CAUSE]) : null
  return cause && cause[KIND].startsWith("case.") ? cause[SUBJECT] : null
}

function openAlarm(store, id) {
  const row = store.story.byId.get(id)
  const found = caseOf(store, row)
  if (found) store.open("case", found)
  else if (row[KIND].startsWith("crew.")) store.open("crew", row[SUBJECT])
  else if (row[KIND].startsWith("road.")) store.open("road", row[SUBJECT])
  else store.open("place", row[SUBJECT], row[DATA].lon_lat || store.detail("sewer", row[SUBJECT], "lon_lat"))
}
