// Small helpers for parts that write HTML.

import sheet from "../styles/part.css"

const ESCAPES = {"&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;", "'": "&#39;"}

export const escape = (value) => String(value ?? "").replace(/[&<>"']/g, (c) => ESCAPES[c])

export function number(value, digits = 0) {
  if (value === null || value === undefined || !Number.isFinite(value)) return "–"
  return value.toLocaleString("en-US", {minimumFractionDigits: digits, maximumFractionDigits: digits})
}

// A part's own root with the common style sheet, inside the shadow root that Panel gives it.
export function mount(el, className) {
  el.style.cssText += ";position:absolute;inset:0;width:100%;height:100%"
  const style = document.createElement("style")
  style.textContent = sheet
  const root = document.createElement("div")
  root.className = `part ${className}`
  el.append(style, root)
  return root
}

const written = new WeakMap()

// Replace the content only when it changed, so that clicks and hovers survive.
export function fill(node, html) {
  if (written.get(node) === html) return
  written.set(node, html)
  node.innerHTML = html
}
