// One store for all parts of the screen: the run's feeds, the simulated clock, what is open, the language.
// Parts subscribe to topics: "data" (something new came), "tick" (a quarter second went by or the clock
// jumped), "frame" (every animation frame while playing), "opened", "fly" (to the place of what is open), "language", "layers", "link".

import {Series, lastIndex} from "./series.js"
import {Story} from "./story.js"
import {Frames} from "./frames.js"
import {Ways} from "./ways.js"

const POLL_MS = 1000
const TICK_MS = 250
const RELOAD_AFTER_MS = 8000
export const SPEEDS = [1, 10, 30, 60, 120, 300, 600]

class Store {
  constructor() {
    this.listeners = new Map()
    this.query = new URLSearchParams(location.search)
    this.manifest = null
    this.status = null
    this.story = new Story()
    this.series = new Series()
    this.ways = new Ways()
    this.frames = new Frames()
    this.state = this.story.state
    this.timeS = 0
    this.playing = this.query.get("play") !== "0"
    this.speed = SPEEDS.includes(Number(this.query.get("speed"))) ? Number(this.query.get("speed")) : 60
    this.wanted = this.query.has("t") ? Number(this.query.get("t")) : null
    this.language = "zh"
    this.opened = null
    this.layersShown = {}
    this.linked = true
    this.lostAt = null
    this.started = false
  }

  on(topic, listener) {
    if (!this.listeners.has(topic)) this.listeners.set(topic, new Set())
    this.listeners.get(topic).add(listener)
    return () => this.listeners.get(topic).delete(listener)
  }

  emit(topic) { for (const listener of this.listeners.get(topic) || []) listener(this) }

  // Called by every part; the first call starts the feeds and the clock.
  start(language) {
    if (this.started) return
    this.started = true
    this.language = language || "zh"
    this.loadManifest()
    this.poll()
    let last = performance.now(), ticked = 0
    const beat = (now) => {
      this.advance((now - last) / 1000)
      last = now
      if (now - ticked > TICK_MS) { ticked = now; if (this.playing) this.tick() }
      requestAnimationFrame(beat)
    }
    requestAnimationFrame(beat)
  }

  async loadManifest() {
    const answer = await fetch("/city/manifest")
    if (!answer.ok) { setTimeout(() => this.loadManifest(), POLL_MS); return }
    this.manifest = await answer.json()
    for (const layer of this.manifest.layers) this.layersShown[layer.id] ??= layer.shown
    this.indexDetails()
    this.frames.shape(this.manifest.grid, this.manifest.details.roads?.id.length || 0)
    this.emit("manifest")
    this.tick()
  }

  indexDetails() {
    this.rows = {}
    for (const [layer, table] of Object.entries(this.manifest.details)) {
      this.rows[layer] = new Map(table.id.map((id, row) => [id, row]))
    }
  }

  // One attribute of an object of the city; null when unknown.
  detail(layer, id, column) {
    const row = this.rows?.[layer]?.get(id)
    return row === undefined ? null : this.manifest.details[layer][column]?.[row] ?? null
  }

  roadName(id) {
    const first = this.detail("roads", id, this.language), other = this.detail("roads", id, this.language === "zh" ? "en" : "zh")
    return first || other || id
  }

  unitName(id) {
    return this.detail("organisations", id, this.language === "zh" ? "name_zh" : "name_en") || id
  }

  skillName(skill) { return this.manifest?.skills?.[skill]?.[this.language] || skill || "" }

  async poll() {
    const since = Number.isFinite(this.series.latestS) ? `&readings_s=${this.series.latestS}` : ""
    let more = false
    try {
      const answer = await fetch(`/run/updates?frames=${this.frames.times.length}&event=${this.lastEvent()}${since}`)
      if (!answer.ok) throw new Error(`updates: ${answer.status}`)
      more = this.take(await answer.json())
      this.setLinked(true)
    } catch {
      this.setLinked(false)
    }
    const ended = this.status && this.status.status !== "running"
    setTimeout(() => this.poll(), more ? 0 : ended ? 5 * POLL_MS : POLL_MS)
  }

  lastEvent() { return this.story.lastId }

  take(update) {
    if (this.status && (this.status.boot !== update.status.boot || this.status.run !== update.status.run)) {
      location.reload() // another server or another run stands behind the same address
      return false
    }
    const before = this.status?.status
    this.status = update.status
    this.frames.key = `${update.status.run}-${update.status.name}`
    this.frames.times.push(...update.times_s)
    this.story.append(update.events)
    this.series.merge(update.readings)
    this.ways.merge(update.ways)
    if (this.wanted !== null && this.availableS() >= this.wanted) { const t = this.wanted; this.wanted = null; this.seek(t) }
    const fresh = update.times_s.length || update.events.length || Object.keys(update.readings).length
    if (fresh || before !== this.status.status) { this.emit("data"); this.tick() }
    return update.more
  }

  setLinked(linked) {
    if (!linked && this.lostAt === null) this.lostAt = performance.now()
    if (linked && this.lostAt !== null) {
      const away = performance.now() - this.lostAt
      this.lostAt = null
      if (away > RELOAD_AFTER_MS) { location.reload(); return } // a wall must come back by itself
    }
    if (linked !== this.linked) { this.linked = linked; this.emit("link") }
  }

  // Simulated time up to which frames exist.
  availableS() { const times = this.frames.times; return times.length ? times[times.length - 1] : 0 }

  durationS() { return Math.max(this.status?.duration_s || 0, this.availableS()) }

  advance(realS) {
    if (!this.playing || this.wanted !== null) return
    const end = this.availableS()
    if (this.timeS >= end) return
    this.timeS = Math.min(end, this.timeS + Math.min(realS, 0.5) * this.speed)
    this.emit("frame")
  }

  tick() {
    this.state = this.story.at(this.timeS)
    this.emit("tick")
  }

  seek(timeS) {
    this.timeS = Math.max(0, Math.min(timeS, this.availableS()))
    this.tick()
    this.emit("frame")
  }

  play(playing) {
    if (playing && this.timeS >= this.availableS() && this.status?.status !== "running") this.timeS = 0
    this.playing = playing
    this.tick()
  }

  setSpeed(speed) { this.speed = speed; this.tick() }

  setLanguage(language) {
    this.language = language
    document.documentElement.lang = language
    this.emit("language")
    this.emit("tick")
  }

  showLayer(id, shown) { this.layersShown[id] = shown; this.emit("layers") }

  open(kind, id, position = null) {
    this.opened = {kind, id, position}
    this.emit("opened")
  }

  shut() { this.opened = null; this.emit("opened") }

  // When the flooded road length, or the stored water, was largest.
  peakS() {
    for (const quantity of ["flooded_road_015", "surface_volume"]) {
      const line = this.series.line("city", quantity)
      if (!line || !line.t.length) continue
      let best = 0
      for (let i = 1; i < line.v.length; i++) if (line.v[i] > line.v[best]) best = i
      if (line.v[best] > 0) return line.t[best]
    }
    return this.availableS()
  }

  frameAt(timeS) { return lastIndex(this.frames.times, timeS) }
}

export const store = new Store()
