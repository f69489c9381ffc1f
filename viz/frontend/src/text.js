// Values as text for HTML.

const ESCAPES = {"&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;", "'": "&#39;"}

export const escape = (value) => String(value ?? "").replace(/[&<>"']/g, (c) => ESCAPES[c])

export function number(value, digits = 0) {
  if (value === null || value === undefined || !Number.isFinite(value)) return "–"
  return value.toLocaleString("en-US", {minimumFractionDigits: digits, maximumFractionDigits: digits})
}
