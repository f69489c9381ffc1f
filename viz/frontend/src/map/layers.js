// Layers from their description: type, style and columns come from the server's manifest, which took them
// from pydeck; nothing about how a layer looks is said here.

import {BitmapLayer, PathLayer, ScatterplotLayer, SolidPolygonLayer, TextLayer} from "@deck.gl/layers"

export const TYPES = {BitmapLayer, PathLayer, ScatterplotLayer, SolidPolygonLayer, TextLayer}
const ARRAYS = {f8: Float64Array, f4: Float32Array, u4: Uint32Array, u1: Uint8Array}
const PIXELS = /(Pixels|^getSize|^getPixelOffset|^backgroundPadding)$/
const SHAPES = new Set(["getPath", "getPolygon"])

// Sizes in pixels grow with the screen, so that a wall reads like a desk.
export function scaled(style, scale) {
  const grow = (value) => (Array.isArray(value) ? value.map((v) => v * scale) : value * scale)
  return Object.fromEntries(Object.entries(style).map(([key, value]) => [key, PIXELS.test(key) ? grow(value) : value]))
}

export function pixelSizes(entry) {
  return Object.keys(entry.style).some((key) => PIXELS.test(key))
}

async function fetchArray(file, dtype, key) {
  const answer = await fetch(`/city/files/${file}?v=${key}`)
  if (!answer.ok) throw new Error(`${file}: ${answer.status}`)
  return new ARRAYS[dtype](await answer.arrayBuffer())
}

// Arrays with one entry a row become arrays with one entry a vertex, as shapes of many vertices need them.
export function perVertex(values, starts, size) {
  const out = new values.constructor(starts[starts.length - 1] * size)
  for (let row = 0; row + 1 < starts.length; row++) {
    const part = values.subarray(row * size, (row + 1) * size)
    for (let vertex = starts[row]; vertex < starts[row + 1]; vertex++) out.set(part, vertex * size)
  }
  return out
}

// Data of a layer of the city: binary attributes, an image, or rows.
export async function loadData(entry, key) {
  if (entry.image) return {image: `/city/files/${entry.image}?v=${key}`}
  if (entry.rows) return {rows: entry.rows}
  if (!entry.attributes) return {}
  const starts = entry.starts ? await fetchArray(entry.starts, "u4", key) : null
  const attributes = {}
  await Promise.all(Object.entries(entry.attributes).map(async ([accessor, {file, dtype, size}]) => {
    const values = await fetchArray(file, dtype, key)
    attributes[accessor] = {value: starts && !SHAPES.has(accessor) ? perVertex(values, starts, size) : values, size, normalized: dtype === "u1"}
  }))
  return {length: entry.length, starts, attributes}
}

// deck.gl properties for the data of a layer.
export function dataProps(entry, data) {
  if (data.image) return {image: data.image, bounds: entry.bounds}
  if (data.rows) return {data: data.rows, ...accessors(entry)}
  const props = {data: {length: data.length, attributes: data.attributes, ...(data.starts ? {startIndices: data.starts} : {})}}
  if (entry.type === "PathLayer") Object.assign(props, {_pathType: "open", positionFormat: "XY"})
  if (entry.type === "SolidPolygonLayer") Object.assign(props, {_normalize: false, positionFormat: "XY"})
  return props
}

// Accessors of rows by the columns that the description names.
export function accessors(entry) {
  return Object.fromEntries(Object.entries(entry.columns).map(([accessor, column]) => [accessor, (row) => row[column]]))
}

export function makeLayer(entry, props, scale, shown) {
  return new TYPES[entry.type]({id: entry.id, ...scaled(entry.style, scale), ...props, visible: shown})
}
