// Marks at the same place stand below one another, so that none hides another.

export const STACK_PX = 24

// Adds to each row, the last of a place being the one at the place itself, how many stand above it there.
export function stacked(rows) {
  const counts = new Map()
  return [...rows].reverse().map((row) => {
    const place = row.position.join(), above = counts.get(place) || 0
    counts.set(place, above + 1)
    return {...row, above}
  }).reverse()
}
