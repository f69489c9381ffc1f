// The one place where the state of a run is derived from its event log: who is where, which case stands
// at which stage, which roads are under water, at a simulated time. No screen, no network in here; the
// tests run this module in node.

// an event arrives as a row
export const ID = 0, TIME = 1, KIND = 2, SUBJECT = 3, CAUSE = 4, VALUE_KIND = 5, DATA = 6

export const STAGES = ["registered", "assigned", "dispatched", "on_site", "handled", "checked", "closed"]
export const FLOW = ["reported", "merged", "registered", "assigned", "dispatched", "on_site", "handled", "checked", "closed"]
const WAITING = new Set(["registered", "assigned", "returned"])
const THRESHOLDS = ["0.15", "0.30", "0.50"]

function empty() {
  return {
    cases: new Map(), crews: new Map(), reports: new Map(),
    flooded: Object.fromEntries(THRESHOLDS.map((name) => [name, new Set()])),
    closedRoads: new Set(), pumps: new Map(), barriers: new Map(), structures: new Map(), sites: new Map(), surcharged: new Set(), orders: new Map(), alarms: new Map(),
    passed: Object.fromEntries(FLOW.map((name) => [name, 0])),
    personsOut: null, raining: false, ended: null, count: 0,
  }
}

export class Story {
  constructor() {
    this.events = []
    this.byId = new Map()
    this.kinds = new Map() // kind -> when one of it was first
    this.failing = {seen: 0, rows: []}
    this.effects = new Map() // cause id -> ids of its effects
    this.state = empty()
    this.next = 0
    this.timeS = -Infinity
    this.lastId = 0
  }

  append(rows) {
    let disordered = false
    for (const row of rows) {
      const last = this.events[this.events.length - 1]
      if (last && last[TIME] > row[TIME]) disordered = true
      this.events.push(row)
      this.byId.set(row[ID], row)
      this.kinds.set(row[KIND], Math.min(row[TIME], this.kinds.get(row[KIND]) ?? Infinity))
      this.lastId = Math.max(this.lastId, row[ID])
      if (row[CAUSE] !== null) {
        if (!this.effects.has(row[CAUSE])) this.effects.set(row[CAUSE], [])
        this.effects.get(row[CAUSE]).push(row[ID])
      }
    }
    if (disordered) { // a log is in order of ids; play it in order of time
      this.events.sort((a, b) => a[TIME] - b[TIME] || a[ID] - b[ID])
      this.timeS = Infinity
      this.failing = {seen: 0, rows: []}
    }
  }

  // Whether there has been an event of a kind until the present time.
  hasKind(kind) {
    return this.kinds.get(kind) <= this.timeS
  }

  // State at a time: forward from where it stands, from the beginning when time went back.
  at(timeS) {
    if (timeS < this.timeS) {
      this.state = empty()
      this.next = 0
    }
    while (this.next < this.events.length && this.events[this.next][TIME] <= timeS) {
      const row = this.events[this.next++]
      const apply = HANDLERS[row[KIND]]
      if (apply) apply(this.state, row, row[DATA])
    }
    this.state.count = this.next
    this.timeS = timeS
    return this.state
  }

  // The last events at the present time, newest first, of the kinds asked for.
  latest(kinds, limit) {
    const found = []
    for (let i = this.next - 1; i >= 0 && found.length < limit; i--) {
      if (kinds.has(this.events[i][KIND])) found.push(this.events[i])
    }
    return found
  }

  // Everything that led to a case and followed from it so far: causes first, in order of time.
  chain(caseId) {
    const known = new Set()
    for (let i = 0; i < this.next; i++) {
      const row = this.events[i]
      if (belongs(row, caseId)) known.add(row[ID])
    }
    for (const id of [...known]) {
      let cause = this.byId.get(id)[CAUSE]
      while (cause !== null && cause !== undefined && !known.has(cause) && this.byId.has(cause)) {
        known.add(cause)
        cause = this.byId.get(cause)[CAUSE]
      }
      for (const effect of this.effects.get(id) || []) {
        const row = this.byId.get(effect)
        if (row[TIME] <= this.timeS && /^(order|road)\./.test(row[KIND])) known.add(effect)
      }
    }
    return [...known].sort((a, b) => a - b).map((id) => this.byId.get(id))
  }

  // What has failed at a known place and is not in order again: the events that say so, in order. `ends` names
  // for each kind of event that begins a failure the kinds that end it.
  failures(ends) {
    const over = new Set(Object.values(ends).flat()), found = new Map()
    for (const row of this.ofFailures(ends, over)) {
      if (over.has(row[KIND])) found.delete(row[SUBJECT])
      else if (row[DATA].lon_lat) found.set(row[SUBJECT], row)
    }
    return [...found.values()]
  }

  // The events of failures so far; the few among the many are looked up once.
  ofFailures(ends, over) {
    if (this.failing.seen > this.next) this.failing = {seen: 0, rows: []}
    for (; this.failing.seen < this.next; this.failing.seen++) {
      const row = this.events[this.failing.seen]
      if (row[KIND] in ends || over.has(row[KIND])) this.failing.rows.push(row)
    }
    return this.failing.rows
  }

  // Everything about a subject and all that followed from it so far, in order.
  aftermath(subject) {
    const waiting = this.about(subject).map((row) => row[ID]), known = new Set(waiting)
    while (waiting.length) {
      for (const effect of this.effects.get(waiting.pop()) || []) {
        if (!known.has(effect) && this.byId.get(effect)[TIME] <= this.timeS) { known.add(effect); waiting.push(effect) }
      }
    }
    return [...known].sort((a, b) => a - b).map((id) => this.byId.get(id))
  }

  about(subject) {
    return this.events.slice(0, this.next).filter((row) => row[SUBJECT] === subject)
  }

  // The case that a report has opened or joined so far; null for none.
  caseOfReport(report) {
    const merged = this.about(report[SUBJECT]).find((row) => row[KIND] === "report.merged")
    if (merged) return merged[DATA].case
    const effects = (this.effects.get(report[ID]) || []).map((id) => this.byId.get(id))
    return effects.find((row) => row[KIND] === "case.registered" && row[TIME] <= this.timeS)?.[SUBJECT] ?? null
  }

  // What somebody has reported so far.
  reportedBy(reporter) {
    return this.events.slice(0, this.next).filter((row) => row[KIND] === "report.made" && row[DATA].reporter === reporter)
  }
}

const belongs = (row, caseId) =>
  (row[KIND].startsWith("case.") && row[SUBJECT] === caseId) ||
  (row[DATA].case === caseId && row[KIND] !== "crew.moved")

const key = (threshold) => Number(threshold).toFixed(2)

// A step counts a case once, however many crews it takes and however often it comes back.
function reach(state, id, name) {
  const found = state.cases.get(id)
  if (!found || found.reached.has(name)) return
  found.reached.add(name)
  state.passed[name]++
}

function stage(state, row, name) {
  const found = state.cases.get(row[SUBJECT])
  if (!found) return null
  found.stage = name
  found.since = row[TIME]
  return found
}

const crewOf = (state, row) => {
  if (!state.crews.has(row[SUBJECT])) {
    state.crews.set(row[SUBJECT], {id: row[SUBJECT], state: "idle", skill: "", case: null, delay: 0, path: null})
  }
  return state.crews.get(row[SUBJECT])
}

// A place that is watched for gas: its alarm, what the gas is taken for, and the fans that run.
function siteOf(state, row) {
  if (!state.sites.has(row[SUBJECT])) state.sites.set(row[SUBJECT], {level: null, since: null, verdict: null, fans: new Set()})
  return state.sites.get(row[SUBJECT])
}

const HANDLERS = {
  "run.ended": (s, row, data) => { s.ended = data.status },
  "rain.started": (s) => { s.raining = true },
  "rain.stopped": (s) => { s.raining = false },
  "road.flooded": (s, row, data) => { s.flooded[key(data.threshold_m)]?.add(row[SUBJECT]) },
  "road.drained": (s, row, data) => { s.flooded[key(data.threshold_m)]?.delete(row[SUBJECT]) },
  "sewer.surcharged": (s, row) => { s.surcharged.add(row[SUBJECT]) },
  "sewer.relieved": (s, row) => { s.surcharged.delete(row[SUBJECT]) },
  "report.made": (s, row, data) => {
    s.passed.reported++
    s.reports.set(row[SUBJECT], {channel: data.channel, time: row[TIME]})
  },
  "report.merged": (s, row, data) => {
    s.passed.merged++
    const found = s.cases.get(data.case)
    if (found) found.reports++
  },
  "case.registered": (s, row, data) => {
    s.passed.registered++
    s.cases.set(row[SUBJECT], {
      id: row[SUBJECT], event: row[ID], level: data.level, due: data.due_s, road: data.road, class: data.class_code,
      place: {zh: data.place_zh || "", en: data.place_en || ""}, position: data.lon_lat || null,
      registered: row[TIME], since: row[TIME], stage: "registered", overdue: false, reworks: 0, reports: 0,
      crews: new Set(), reached: new Set(), depth: data.depth_m ?? null, unit: data.unit || "",
    })
  },
  "case.assigned": (s, row, data) => {
    reach(s, row[SUBJECT], "assigned")
    const found = stage(s, row, "assigned")
    if (found) found.unit = data.unit
  },
  "case.returned": (s, row) => stage(s, row, "returned"),
  "case.suspended": (s, row) => stage(s, row, "suspended"),
  "case.resumed": (s, row, data) => { const found = stage(s, row, "assigned"); if (found) found.due = data.due_s },
  "case.extended": (s, row, data) => { const found = s.cases.get(row[SUBJECT]); if (found) found.due = data.due_s },
  "case.reopened": (s, row, data) => {
    const found = stage(s, row, "registered")
    if (found) Object.assign(found, {closed: null, overdue: false, due: data.due_s, level: data.level})
  },
  "case.escalated": (s, row, data) => {
    const found = s.cases.get(row[SUBJECT])
    if (found) { found.level = data.level; found.due = data.due_s ?? found.due; found.depth = data.depth_m ?? found.depth }
  },
  "case.dispatched": (s, row, data) => {
    reach(s, row[SUBJECT], "dispatched")
    const found = s.cases.get(row[SUBJECT])
    if (!found) return
    found.crews.add(data.crew)
    if (WAITING.has(found.stage)) stage(s, row, "dispatched")
  },
  "case.handled": (s, row) => { reach(s, row[SUBJECT], "handled"); stage(s, row, "handled") },
  "case.checked": (s, row, data) => {
    reach(s, row[SUBJECT], "checked")
    const found = stage(s, row, "checked")
    if (found) found.depth = data.depth_m ?? found.depth
  },
  "case.reworked": (s, row) => {
    const found = stage(s, row, "assigned")
    if (found) found.reworks++
  },
  "case.closed": (s, row) => { reach(s, row[SUBJECT], "closed"); const found = stage(s, row, "closed"); if (found) found.closed = row[TIME] },
  "case.voided": (s, row) => { const found = stage(s, row, "voided"); if (found) found.closed = row[TIME] },
  "case.transferred": (s, row, data) => {
    const found = stage(s, row, "transferred")
    if (found) { found.closed = row[TIME]; found.to = data.to }
  },
  "case.overdue": (s, row) => { const found = s.cases.get(row[SUBJECT]); if (found) found.overdue = true },
  "alarm.published": (s, row, data) => {
    s.alarms.set(row[SUBJECT], {
      id: row[SUBJECT], rule: data.rule, level: data.level, road: data.road, position: data.lon_lat || null, sensor: data.sensor || "", source: data.source || "",
      since: row[TIME], case: data.case || "",
    })
  },
  "alarm.escalated": (s, row, data) => {
    const found = s.alarms.get(row[SUBJECT])
    if (found) Object.assign(found, {level: data.level, rule: data.rule})
  },
  "alarm.archived": (s, row) => { s.alarms.delete(row[SUBJECT]) },
  "alarm.shelved": (s, row) => { s.alarms.delete(row[SUBJECT]) },
  "supply.customers_out": (s, row, data) => { s.personsOut = data.persons_out },
  "supply.customers_back": (s, row, data) => { s.personsOut = data.persons_out },
  "crew.started_shift": (s, row, data) => {
    Object.assign(crewOf(s, row), {state: "idle", skill: data.skill, depot: data.depot, position: data.lon_lat, path: null})
  },
  "crew.ended_shift": (s, row) => { Object.assign(crewOf(s, row), {state: "off_duty", case: null, eta: null}) },
  "crew.lost": (s, row) => { Object.assign(crewOf(s, row), {state: "off_duty", case: null, task: null, eta: null}) },
  "crew.started_break": (s, row) => { Object.assign(crewOf(s, row), {state: "on_break"}) },
  "crew.ended_break": (s, row) => { Object.assign(crewOf(s, row), {state: "idle"}) },
  "crew.departed": (s, row, data) => {
    Object.assign(crewOf(s, row), {state: "travelling", case: data.case, task: data.task, eta: data.eta_s, dry: data.dry_s, departed: row[TIME]})
  },
  "crew.moved": (s, row, data) => {
    const crew = crewOf(s, row)
    crew.state = data.path && data.path.length === 1 ? "idle" : "travelling"
    crew.delay += data.delay_s || 0
    if (data.path && data.path.length) { crew.path = data.path; crew.position = data.path[data.path.length - 1].slice(0, 2) }
  },
  "crew.rerouted": (s, row, data) => { Object.assign(crewOf(s, row), {state: "travelling", eta: data.eta_s}) },
  "crew.cut_off": (s, row, data) => { Object.assign(crewOf(s, row), {state: "cut_off", cutOffBy: data.road}) },
  "crew.arrived": (s, row, data) => {
    const crew = crewOf(s, row)
    Object.assign(crew, {state: "working", case: data.case, eta: null, arrived: row[TIME]})
    const found = s.cases.get(data.case)
    if (!found) return
    reach(s, data.case, "on_site")
    if (WAITING.has(found.stage) || found.stage === "dispatched") { found.stage = "on_site"; found.since = row[TIME] }
  },
  "crew.returned": (s, row) => { Object.assign(crewOf(s, row), {state: "idle", case: null, eta: null, arrived: row[TIME]}) },
  "crew.finished": (s, row) => { Object.assign(crewOf(s, row), {state: "idle", task: null, case: null}) },
  "order.issued": (s, row, data) => {
    s.orders.set(row[SUBJECT], data)
    if (data.order === "CloseRoad") s.closedRoads.add(data.target)
    if (data.order === "OpenRoad") s.closedRoads.delete(data.target)
    if (data.order === "StartPump") s.pumps.set(row[SUBJECT], {position: data.lon_lat, capacity: data.capacity_m3_h})
  },
  "structure.placed": (s, row, data) => { if (data.kind === "barrier") s.barriers.set(row[SUBJECT], data.line) },
  "structure.removed": (s, row) => { s.barriers.delete(row[SUBJECT]) },
  "structure.watched": (s, row, data) => { s.structures.set(row[SUBJECT], {id: row[SUBJECT], kind: data.kind, position: data.lon_lat, road: data.road, gauges: data.gauges, out: new Set(), silent: new Set(), grade: "A", secured: []}) },
  "structure.secured": (s, row) => { s.structures.get(row[SUBJECT])?.secured.push(row[TIME]) },
  "structure.graded": (s, row, data) => { const found = s.structures.get(row[SUBJECT]); if (found) found.grade = data.grade },
  "gauge.deviates": (s, row, data) => { s.structures.get(data.structure)?.out.add(row[SUBJECT]) },
  "gauge.settled": (s, row, data) => { s.structures.get(data.structure)?.out.delete(row[SUBJECT]) },
  "gauge.silent": (s, row, data) => { s.structures.get(data.structure)?.silent.add(row[SUBJECT]) },
  "gauge.heard": (s, row, data) => { s.structures.get(data.structure)?.silent.delete(row[SUBJECT]) },
  "gas.alarm": (s, row, data) => { const site = siteOf(s, row); Object.assign(site, {level: data.level, since: site.since ?? row[TIME]}) },
  "gas.alarm_over": (s, row) => { Object.assign(siteOf(s, row), {level: null, since: null, verdict: null}) },
  "gas.diagnosed": (s, row, data) => { siteOf(s, row).verdict = data.verdict },
  "gas.ventilation_started": (s, row, data) => { siteOf(s, row).fans.add(data.by) },
  "gas.ventilation_stopped": (s, row, data) => { siteOf(s, row).fans.delete(data.by) },
  "order.refused": (s, row) => undo(s, row),
  "order.ended": (s, row) => undo(s, row),
}

// A refused order changed nothing; an ended pump or closure is over.
function undo(state, row) {
  const order = state.orders.get(row[SUBJECT])
  state.pumps.delete(row[SUBJECT])
  if (order && order.order === "CloseRoad") state.closedRoads.delete(order.target)
}

const OVER = new Set(["closed", "voided", "transferred"])

export const isOpen = (item) => !OVER.has(item.stage)

// Where a crew is: along its last path by simulated time.
export function crewPosition(crew, timeS) {
  const path = crew.path
  if (!path || path.length === 0) return crew.position || null
  if (timeS <= path[0][2]) return [path[0][0], path[0][1]]
  for (let i = 1; i < path.length; i++) {
    const [lon0, lat0, t0] = path[i - 1], [lon1, lat1, t1] = path[i]
    if (timeS < t1) {
      const f = t1 > t0 ? (timeS - t0) / (t1 - t0) : 1
      return [lon0 + (lon1 - lon0) * f, lat0 + (lat1 - lat0) * f]
    }
  }
  const last = path[path.length - 1]
  return [last[0], last[1]]
}
