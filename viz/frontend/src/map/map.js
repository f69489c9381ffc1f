// The map: static layers once, water, roads, crews and cases as simulated time goes on.

import {AmbientLight, Deck, DirectionalLight, LightingEffect, MapView} from "@deck.gl/core"
import {ScatterplotLayer} from "@deck.gl/layers"
import {crewPosition, DATA, isOpen, SUBJECT} from "../story.js"
import {accessors, dataProps, loadData, makeLayer, pixelSizes} from "./layers.js"
import {closeUp, framing, isWall} from "./camera.js"
import {rampOf, roadClasses, roadColours, roadDepths, waterPixels} from "./water.js"
import {Names} from "./names.js"
import {openedPlace} from "./place.js"
import {STACK_PX, stacked} from "./stacks.js"
import {tooltip} from "./tooltip.js"

const WATER_EVERY_MS = 120
const MARKS_EVERY_MS = 40
const PULSE_EVERY_MS = 60
const NEW_S = 240 // a case counts as new for so long, simulated

const rem = () => parseFloat(getComputedStyle(document.documentElement).fontSize)
const still = matchMedia("(prefers-reduced-motion: reduce)")

export class CityView {
  constructor(root, store) {
    this.root = root
    this.store = store
    this.entries = []
    this.data = new Map()
    this.built = new Map()
    this.ready = false
    this.drawn = {water: null, roads: null}
    this.times = {water: 0, marks: 0, pulse: 0}
    this.marks = {} // rows of what is marked with a text, by layer
    this.names = new Names(this)
    this.scale = rem() / 10
    this.frames = 0
    this.deck = new Deck({
      parent: root, views: [new MapView({controller: true, repeat: false})], layers: [],
      initialViewState: {longitude: 0, latitude: 0, zoom: 1}, useDevicePixels: true, pickingRadius: 6,
      onClick: (info) => this.clicked(info), getTooltip: (info) => tooltip(info, this.store, this.state()),
      getCursor: ({isDragging, isHovering}) => (isDragging ? "grabbing" : isHovering ? "pointer" : "grab"),
      onViewStateChange: ({viewState}) => {
        this.view = viewState
        this.names.soon()
      },
      onAfterRender: () => { this.frames++ },
      onError: (error, layer) => { this.error = String(error); console.error("map", layer?.id, error) },
      effects: [new LightingEffect({
        ambient: new AmbientLight({color: [205, 222, 255], intensity: 1.35}),
        sun: new DirectionalLight({color: [255, 255, 255], intensity: 1.7, direction: [-1.2, -2, -3]}),
      })],
    })
    this.subscribe()
    if (store.manifest) this.load()
  }

  subscribe() {
    const store = this.store
    this.stops = [
      store.on("manifest", () => this.load()),
      store.on("tick", () => this.refresh(true)),
      store.on("frame", () => this.refresh(false)),
      store.on("data", () => this.refresh(true)),
      store.on("layers", () => this.rebuild()),
      store.on("language", () => this.rebuild()),
      store.on("opened", () => this.flyToOpened()),
      store.on("fly", () => this.flyToOpened()),
    ]
    this.pulse = setInterval(() => { if (!document.hidden && !still.matches && this.rings().length) this.flush() }, PULSE_EVERY_MS)
    this.resize = new ResizeObserver(() => this.resized())
    this.resize.observe(this.root)
  }

  state() { return this.store.state }

  async load() {
    const {manifest} = this.store
    this.legend = manifest.legend
    this.ramp = rampOf(manifest.legend)
    this.entries = manifest.layers
    this.frameCity()
    const key = encodeURIComponent(manifest.version)
    await this.loadFonts()
    await Promise.all(this.entries.filter((entry) => !entry.moving).map(async (entry) => {
      this.data.set(entry.id, await loadData(entry, key))
      this.rebuild([entry.id])
    }))
    const {rows, cols} = manifest.grid
    this.canvas = {rows, cols}
    this.ready = true
    this.refresh(true)
  }

  async loadFonts() {
    const text = this.entries.flatMap((entry) => entry.rows || []).map((row) => row.text_zh || row.text || "").join("")
    await document.fonts.load(`600 20px "Noto Sans SC Variable"`, `${text}ⅠⅡⅢⅣ0123456789${this.legend.patrol_sign}`).catch(() => {})
  }

  frameCity() {
    const {clientWidth: width, clientHeight: height} = this.root
    if (!width || !height || !this.store.manifest) return
    const unit = rem()
    const wall = isWall(width, height)
    const side = wall ? 126 * unit : Math.min(0.25 * width, 48 * unit) + 1 * unit
    const insets = {left: side, right: side, top: (wall ? 21 : 19) * unit, bottom: (wall ? 18 : 15) * unit}
    this.home = framing(this.store.manifest.extent, width, height, insets)
    this.view = this.home
    this.deck.setProps({initialViewState: {...this.home}})
  }

  resized() {
    const scale = rem() / 10
    if (Math.abs(scale - this.scale) > 0.01) { this.scale = scale; this.rebuild() }
    this.frameCity()
  }

  entry(id) { return this.entries.find((entry) => entry.id === id) }

  shown(id) { return this.store.layersShown[id] !== false }

  // Make the layers of the city again: all of them, or those named.
  rebuild(ids = null) {
    for (const entry of this.entries) {
      if (entry.moving || entry.id === "labels" || (ids && !ids.includes(entry.id)) || !this.data.has(entry.id)) continue
      const props = dataProps(entry, this.data.get(entry.id))
      this.built.set(entry.id, makeLayer(entry, props, pixelSizes(entry) ? this.scale : 1, this.shown(entry.id)))
    }
    this.drawn = {water: null, roads: null}
    this.names.place()
    if (this.ready) this.refresh(true)
    else this.flush() // the first picture stands as soon as its first layer does
  }

  refresh(force) {
    if (!this.ready || document.hidden) return
    if (force) this.names.soon()
    const now = performance.now()
    if (force || now - this.times.water > WATER_EVERY_MS) { this.times.water = now; this.drawWater() }
    if (force || now - this.times.marks > MARKS_EVERY_MS) { this.times.marks = now; this.drawMarks(); this.flush() }
  }

  drawWater() {
    const {store} = this
    const around = store.frames.around(store.timeS, store.playing ? store.speed : 1)
    if (!around) { setTimeout(() => this.refresh(true), 120); return }
    const mark = `${around.index}:${around.share.toFixed(2)}:${around.second ? 1 : 0}`
    if (mark !== this.drawn.water) {
      this.drawn.water = mark
      const image = new ImageData(this.canvas.cols, this.canvas.rows)
      waterPixels(around.first, around.second, around.share, this.ramp, new Uint32Array(image.data.buffer))
      const entry = this.entry("water")
      this.built.set("water", makeLayer(entry, {
        image, bounds: entry.bounds, textureParameters: {minFilter: "linear", magFilter: "linear"},
      }, 1, this.shown("water")))
    }
    this.roadDepth = roadDepths(around)
    this.drawRoads()
  }

  drawRoads() {
    const entry = this.entry("roads"), data = this.data.get("roads")
    if (!entry || !data) return
    const ids = this.store.manifest.details.roads.id
    const classes = roadClasses(this.roadDepth, this.legend, ids, this.state().closedRoads)
    const mark = classes.join("")
    if (mark === this.drawn.roads) return
    this.drawn.roads = mark
    const value = roadColours(classes, this.legend, data.starts)
    const coloured = {...data, attributes: {...data.attributes, getColor: {value, size: 4, normalized: true}}}
    this.built.set("roads", makeLayer(entry, dataProps(entry, coloured), this.scale, this.shown("roads")))
  }

  drawMarks() {
    this.drawPatrols()
    this.drawCrews()
    this.drawCases()
    this.drawPumps()
    this.drawStructures()
    this.drawFailures()
    this.drawBarriers()
  }

  drawPatrols() {
    const entry = this.entry("patrols"), text = this.legend.patrol_sign
    const rows = this.store.ways.out(this.store.timeS).map((row) => ({...row, text}))
    this.drawTexts(entry, rows)
  }

  drawCrews() {
    const entry = this.entry("crews")
    const rows = []
    for (const crew of this.state().crews.values()) {
      const position = crew.state === "off_duty" ? null : crewPosition(crew, this.store.timeS)
      if (position) rows.push({id: crew.id, position, colour: this.legend.crew_states[crew.state]})
    }
    this.crewRows = rows
    this.built.set("crews", makeLayer(entry, {data: rows, ...accessors(entry)}, this.scale, this.shown("crews")))
  }

  drawCases() {
    const entry = this.entry("cases")
    const rows = []
    for (const item of this.state().cases.values()) {
      if (isOpen(item) && item.position) {
        rows.push({id: item.id, position: item.position, text: this.legend.numerals[item.level], colour: this.legend.levels[item.level], level: item.level})
      }
    }
    this.marks.cases = rows
    const mark = JSON.stringify(rows) + this.shown("cases") + this.scale
    if (mark === this.drawn.cases) return
    this.drawn.cases = mark
    this.drawTexts(entry, rows)
  }

  // A text layer without a text has no font to draw with: it is left out.
  drawTexts(entry, rows, more = {}) {
    if (rows.length) this.built.set(entry.id, makeLayer(entry, {data: rows, ...accessors(entry), ...more}, this.scale, this.shown(entry.id)))
    else this.built.delete(entry.id)
  }

  drawPumps() {
    const rows = [...this.state().pumps].filter(([, pump]) => pump.position).map(([id, pump]) => ({id, position: pump.position}))
    this.built.set("pumps", new ScatterplotLayer({
      id: "pumps", data: rows, getPosition: (row) => row.position, getRadius: 16, radiusMinPixels: 7 * this.scale,
      filled: false, stroked: true, getLineColor: [64, 224, 208, 255], lineWidthMinPixels: 2.5 * this.scale,
      visible: this.shown("crews"), parameters: {depthCompare: "always", depthWriteEnabled: false},
    }))
  }

  drawFailures() {
    const entry = this.entry("failures"), text = this.legend.failure_sign
    const rows = this.store.story.failures(this.store.manifest.failure_ends).map((row) => ({id: row[SUBJECT], position: row[DATA].lon_lat, text}))
    this.marks.failures = rows
    this.drawTexts(entry, rows)
  }

  // The worst is at its place, others of the same place below it.
  drawStructures() {
    const entry = this.entry("structures"), {grades} = this.legend, order = Object.keys(grades)
    const rows = [...this.state().structures.values()].filter((item) => item.position)
      .map((item) => ({id: item.id, position: item.position, text: item.grade, colour: grades[item.grade]}))
      .sort((a, b) => order.indexOf(a.text) - order.indexOf(b.text))
    const [right, down] = entry.style.getPixelOffset
    this.marks.structures = stacked(rows).map((row) => ({...row, offset: [right * this.scale, (down + STACK_PX * row.above) * this.scale]}))
    this.drawTexts(entry, this.marks.structures, {getPixelOffset: (row) => row.offset})
  }

  drawBarriers() {
    const entry = this.entry("barriers")
    const rows = [...this.state().barriers].map(([id, path]) => ({id, path}))
    this.built.set("barriers", makeLayer(entry, {data: rows, ...accessors(entry)}, this.scale, this.shown("barriers")))
  }

  // Rings around what is open, and around urgent cases that are new or that nobody has reached yet.
  rings() {
    const found = []
    if (this.shown("cases")) {
      for (const row of this.marks.cases || []) {
        const item = this.state().cases.get(row.id)
        const waiting = item && !["on_site", "handled", "checked", "closed"].includes(item.stage)
        if (waiting && (row.level === 1 || this.store.timeS - item.registered < NEW_S)) found.push({position: row.position, colour: row.colour})
      }
    }
    const target = openedPlace(this.store)
    if (target) found.push({position: target, colour: [255, 255, 255, 255]})
    return found
  }

  ringLayers() {
    const rows = this.rings()
    if (!rows.length) return []
    const t = still.matches ? 0.4 : performance.now() / 1000
    return [0, 0.5].map((offset, i) => {
      const phase = (t * 0.6 + offset) % 1
      return new ScatterplotLayer({
        id: `rings${i}`, data: rows, getPosition: (row) => row.position, radiusUnits: "pixels",
        getRadius: (10 + 34 * phase) * this.scale, stroked: true, filled: false,
        getLineColor: (row) => [...row.colour.slice(0, 3), Math.round(255 * (1 - phase))],
        lineWidthUnits: "pixels", getLineWidth: 2.5 * this.scale,
        parameters: {depthCompare: "always", depthWriteEnabled: false}, updateTriggers: {getLineColor: phase},
      })
    })
  }

  flush() {
    const order = this.entries.map((entry) => entry.id)
    const layers = []
    for (const id of order) {
      if (id === "crews") layers.push(...this.ringLayers(), this.built.get("pumps"))
      layers.push(this.built.get(id))
    }
    this.deck.setProps({layers: layers.filter(Boolean)})
  }

  clicked(info) {
    if (!info.picked || !info.layer) { return }
    const id = info.layer.id
    if (id === "structures") this.store.open("structure", info.object.id, info.object.position)
    else if (id === "patrols") this.store.open("patrol", info.object.id)
    else if (id === "failures") this.store.open("failure", info.object.id, info.object.position)
    else if (id === "crews" || id === "cases") this.store.open(id === "crews" ? "crew" : "case", info.object.id)
    else if (id === "streets") this.store.open("road", this.store.manifest.details.roads.id[info.index], info.coordinate)
    else if (id === "sensors") this.store.open("sensor", this.store.manifest.details.sensors.id[info.index])
    else if (id === "buildings") this.store.open("building", info.index, info.coordinate)
  }

  flyToOpened() {
    const target = openedPlace(this.store)
    const mapped = this.store.opened && ["road", "building"].includes(this.store.opened.kind) && this.store.opened.position
    if (target && !mapped) this.deck.setProps({initialViewState: closeUp(target, this.view || this.home, {
      width: this.root.clientWidth, height: this.root.clientHeight, aside: 20 * rem(),
    })})
    this.refresh(true)
  }

  finalize() {
    clearInterval(this.pulse)
    this.names.stop()
    this.resize.disconnect()
    for (const stop of this.stops) stop()
    this.deck.finalize()
  }
}
