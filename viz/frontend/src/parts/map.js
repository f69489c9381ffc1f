import {CityView} from "../map/map.js"
import {mount} from "./html.js"

export function renderMap(store, el) {
  const root = mount(el, "map")
  const view = new CityView(root, store)
  globalThis.citytwin.view = view
  return () => view.finalize()
}
