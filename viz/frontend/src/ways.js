// Where patrollers walk: by id the places they were at, [longitude, latitude, time, row of the street that they came by,
// -1 for none]; times ascend.

const MOST_BETWEEN_S = 900 // who was not seen for longer was not out

export class Ways {
  constructor() { this.walkers = new Map() }

  // Some of what came before is sent again.
  merge(ways) {
    for (const [id, way] of Object.entries(ways || {})) {
      if (!this.walkers.has(id)) this.walkers.set(id, [])
      const known = this.walkers.get(id)
      const last = known.length ? known[known.length - 1][2] : -Infinity
      for (const place of way) if (place[2] > last) known.push(place)
    }
  }

  // Longitude and latitude at a time, between the places before and after it; null for nobody out.
  at(id, timeS) {
    const way = this.walkers.get(id)
    if (!way || !way.length) return null
    let low = 0, high = way.length
    while (low < high) {
      const middle = (low + high) >> 1
      if (way[middle][2] <= timeS) low = middle + 1
      else high = middle
    }
    if (low === 0) return null
    const [lon0, lat0, t0] = way[low - 1]
    if (low === way.length) return timeS === t0 ? [lon0, lat0] : null
    const [lon1, lat1, t1] = way[low]
    if (t1 - t0 > MOST_BETWEEN_S) return timeS === t0 ? [lon0, lat0] : null
    const share = (timeS - t0) / (t1 - t0)
    return [lon0 + share * (lon1 - lon0), lat0 + share * (lat1 - lat0)]
  }

  // The streets of a beat that somebody has walked on the present round of this outing until a time, the number of
  // the round, and the street that they came by last. A round is over once all streets have been walked.
  walked(id, timeS, beat) {
    const way = this.walkers.get(id) || [], streets = new Set(beat)
    let rows = new Set(), round = 1, last = null
    way.forEach(([, , t, row], i) => {
      if (t > timeS) return
      if (i && t - way[i - 1][2] > MOST_BETWEEN_S) { rows = new Set(); round = 1; last = null; return }
      if (row < 0) return
      if (rows.size === streets.size && row !== last) { rows = new Set(); round++ }
      if (streets.has(row)) rows.add(row)
      last = row
    })
    return {rows, round, last}
  }

  // Those who are out at a time.
  out(timeS) {
    const found = []
    for (const id of this.walkers.keys()) {
      const position = this.at(id, timeS)
      if (position) found.push({id, position})
    }
    return found
  }
}
