// An optional base map of tiles beneath the city's own layers. It is added when the map already lives, so that tiles
// that come late, or never, cost only themselves.

export function addTiles() {
}
