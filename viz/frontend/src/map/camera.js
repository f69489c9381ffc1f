// Where the camera stands: the whole city between the cards, or close to one place.

import {FlyToInterpolator, WebMercatorViewport} from "@deck.gl/core"

const CLOSE_ZOOM = 16.6

// A wall is so wide that the city is seen from lower down and corner on, which makes it broad.
const DESK = {pitch: 48, bearing: -18, wide: 1.12, high: 1.06}
const WALL = {pitch: 58, bearing: -38, wide: 1, high: 1.8}
export const isWall = (width, height) => width / height >= 24 / 9

// Frame an extent [west, south, east, north] as it appears when seen from the side.
export function framing(extent, width, height, insets) {
  const [west, south, east, north] = extent
  const {pitch, bearing, wide, high: tall} = isWall(width, height) ? WALL : DESK
  const longitude = (west + east) / 2, latitude = (south + north) / 2
  const free = {x: width - insets.left - insets.right, y: height - insets.top - insets.bottom}
  let low = 8, high = 20
  for (let i = 0; i < 24; i++) {
    const zoom = (low + high) / 2
    const viewport = new WebMercatorViewport({width, height, longitude, latitude, zoom, pitch, bearing})
    const corners = [[west, south], [west, north], [east, south], [east, north]].map((corner) => viewport.project(corner))
    const xs = corners.map((c) => c[0]), ys = corners.map((c) => c[1])
    const fits = Math.max(...xs) - Math.min(...xs) < free.x * wide && Math.max(...ys) - Math.min(...ys) < free.y * tall
    if (fits) low = zoom
    else high = zoom
  }
  const view = {longitude, latitude, zoom: low, pitch, bearing}
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

// Stand close to a place, with the place `aside` pixels left of the middle so that the drawer hides nothing.
export function closeUp(position, view, {width, height, aside}) {
  const zoom = Math.max(view.zoom, CLOSE_ZOOM)
  const near = {...view, longitude: position[0], latitude: position[1], zoom, pitch: 52}
  const viewport = new WebMercatorViewport({width, height, ...near})
  const [longitude, latitude] = viewport.unproject([width / 2 + aside, height / 2])
  return {
    ...near, longitude, latitude,
    transitionDuration: 1400, transitionInterpolator: new FlyToInterpolator({speed: 1.6}),
  }
}
