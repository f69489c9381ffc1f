// The bundle's entry: one render function for each part of the page, under the part's class name.

import {renderCard} from "./cards/card.js"
import {renderDrawer} from "./parts/drawer.js"
import {renderHeader} from "./parts/header.js"
import {renderKpis} from "./parts/kpis.js"
import {renderMap} from "./parts/map.js"
import {renderTicker} from "./parts/ticker.js"
import {renderTimeBar} from "./parts/timebar.js"
import {store} from "./store.js"

// Wrap a part so that the store runs before it and its subscriptions end with it.
function part(render) {
  return {
    render({model, el}) {
      store.start(model.language)
      const stop = render(store, el, model)
      model.on("remove", () => { if (stop) stop() })
    },
  }
}

export default {
  CityMap: part(renderMap),
  HeaderBar: part(renderHeader),
  KpiStrip: part(renderKpis),
  Card: part(renderCard),
  TimeBar: part(renderTimeBar),
  Drawer: part(renderDrawer),
  AlarmTicker: part(renderTicker),
}

globalThis.citytwin = {store}
