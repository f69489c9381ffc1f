// Where the camera stands: the whole city between the cards, or close to one place.

import {FlyToInterpolator, WebMercatorViewport} from "@deck.gl/core"

const PITCH = 50, BEARING = -18

// Frame an extent [west, south, east, north] as it appears when seen from the side.
export function framing(extent, width, height, insets) {
  const [west, south, east, north] = extent
  const longitude = (west + east) / 2, latitude = (south + north) / 2
  const free = {x: width - insets.left - insets.right, y: height - insets.top - insets.bottom}
  let low = 8, high = 20
  for (let i = 0; i < 24; i++) {
    const zoom = (low + high) / 2
    const viewport = new WebMercatorViewport({width, height, longitude, latitude, zoom, pitch: PITCH, bearing: BEARING})
    const corners = [[west, south], [west, north], [east, south], [east, north]].map((corner) => viewport.project(corner))
    const xs = corners.map((c) => c[0]), ys = corners.map((c) => c[1])
    const fits = Math.max(...xs) - Math.min(...xs) < free.x * 1.12 && Math.max(...ys) - Math.min(...ys) < free.y * 1.04
    if (fits) low = zoom
    else high = zoom
  }
  const view = {longitude, latitude, zoom: low, pitch: PITCH, bearing: BEARING}
  return centred(view, extent, width, height, insets)
}

// Move the view so that the extent's outline lies in the middle of the free part of the screen.
function centred(view, extent, width, height, insets) {
  const [west, south, east, north] = extent
  const viewport = new WebMercatorViewport({width, height, ...view})
  const corners = [[west, south], [west, north], [east, south], [east, north]].map((corner) => viewport.project(corner))
  const ys = corners.map((c) => c[1]), xs = corners.map((c) => c[0])
  const dx = (insets.left + (width - insets.left - insets.right) / 2) - (Math.min(...xs) + Math.max(...xs)) / 2
  const dy = (insets.top + (height - insets.top - insets.bottom) / 2) - (Math.min(...ys) + Math.max(...ys)) / 2
  const [longitude, latitude] = viewport.unproject([width / 2 - dx, height / 2 - dy])
  return {...view, longitude, latitude}
}

export function closeUp(position, view, zoom = 16.6) {
  return {
    ...view, longitude: position[0], latitude: position[1], zoom: Math.max(view.zoom, zoom), pitch: 52,
    transitionDuration: 1400, transitionInterpolator: new FlyToInterpolator({speed: 1.6}),
  }
}
