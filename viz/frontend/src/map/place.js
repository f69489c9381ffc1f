// Where on the map what is open is: longitude and latitude; null for what has no place.

import {crewPosition, DATA} from "../story.js"
import {instrumentName, structureOf} from "../parts/instruments.js"

const PLACES = {
  case: (store, {id}) => store.state.cases.get(id)?.position,
  crew: (store, {id}) => { const crew = store.state.crews.get(id); return crew && crewPosition(crew, store.timeS) },
  patrol: (store, {id}) => store.ways.at(id, store.timeS),
  sensor: (store, {id}) => store.detail("sensors", id, "lon_lat"),
  road: (store, {id, position}) => position || store.detail("roads", id, "lon_lat"),
  structure: (store, {id}) => store.state.structures.get(id)?.position,
  failure: (store, {id, position}) => position || store.story.about(id).findLast((row) => row[DATA].lon_lat)?.[DATA].lon_lat,
  instrument: (store, {id}) => (id.startsWith("gas:") ? store.detail("hazard_sites", instrumentName(id), "lon_lat") : structureOf(store, instrumentName(id))?.position),
}

export function openedPlace(store) {
  const {opened} = store
  return (opened && (PLACES[opened.kind]?.(store, opened) ?? opened.position)) || null
}
