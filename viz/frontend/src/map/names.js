// The names on the map, which move with the view and give way to marks and to the parts that stand over it.

import {WebMercatorViewport} from "@deck.gl/core"
import {coveredBoxes} from "../parts/covers.js"
import {placed, textBox} from "./labels.js"

const EVERY_MS = 120
const MARKS = ["cases", "structures", "failures"] // texts that stand still, which no name may cover

export class Names {
  constructor(view) {
    this.view = view
    this.timer = null
    this.shown = ""
  }

  // Place them again, though not at every picture.
  soon() {
    this.timer ??= setTimeout(() => { this.timer = null; if (this.place()) this.view.flush() }, EVERY_MS)
  }

  stop() { clearTimeout(this.timer) }

  // Whether any name has moved.
  place() {
    const {view} = this, {store, root} = view
    const entry = view.entry("labels"), data = view.data.get("labels")
    if (!entry || !data || !view.view || !root.clientWidth) return false
    const frame = {width: root.clientWidth, height: root.clientHeight}
    const seen = new WebMercatorViewport({...view.view, ...frame}), project = (place) => seen.project(place)
    const textOf = (row) => row[`text_${store.language}`] || row.text
    const rows = placed(data.rows, textOf, project, this.look(entry), [...coveredBoxes(), ...this.markBoxes(project)], frame)
    const mark = JSON.stringify([rows.map((row) => [row.id, row.offset]), store.language, view.scale, view.shown("labels")])
    if (mark === this.shown) return false
    this.shown = mark
    view.drawTexts(entry, rows, {getText: textOf, getPixelOffset: (row) => row.offset})
    return true
  }

  // Size, padding and offset of a layer's texts, pixels.
  look({style}) {
    const grown = (value) => value * this.view.scale
    return {size: grown(style.getSize), padding: style.backgroundPadding.map(grown), offset: (style.getPixelOffset || [0, 0]).map(grown)}
  }

  markBoxes(project) {
    const {view} = this
    return MARKS.filter((id) => view.shown(id) && view.marks[id]).flatMap((id) => {
      const look = this.look(view.entry(id))
      return view.marks[id].map((row) => {
        const [x, y] = project(row.position), [dx, dy] = row.offset || look.offset
        return textBox(row.text, [x + dx, y + dy], look)
      })
    })
  }
}
