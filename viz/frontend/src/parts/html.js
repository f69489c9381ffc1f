// Small helpers for parts that write HTML.

import sheet from "../styles/part.css"
import {cover} from "./covers.js"

export {escape, number} from "../text.js"

const ROW_REM = 2.96

// A part's own root with the common style sheet, inside the shadow root that Panel gives it.
export function mount(el, className) {
  el.style.cssText += ";position:absolute;inset:0;width:100%;height:100%"
  const style = document.createElement("style")
  style.textContent = sheet
  const root = document.createElement("div")
  root.className = `part ${className}`
  el.append(style, root)
  if (className !== "map") cover(root)
  return root
}

// How many rows of a list fit into a card, whose list leaves `taken` rem to other things.
export function rowsFit(body, taken = 0) {
  const rem = parseFloat(getComputedStyle(document.documentElement).fontSize)
  return Math.max(1, Math.floor((body.clientHeight / rem - 1.2 - taken) / ROW_REM))
}

const written = new WeakMap()

// Replace the content only when it changed, so that clicks and hovers survive; says whether it did.
export function fill(node, html) {
  if (written.get(node) === html) return false
  written.set(node, html)
  node.innerHTML = html
  return true
}
