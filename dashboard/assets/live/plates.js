// On which side of its site a plate stands: to the right, unless sites or the map's edge lie there and the left is
// free. The map itself knows only one side for a picture, drops a plate that finds no room and cuts one at its edge.

const MOST_SITES = 2000; // above it, plates are few among many and the right side has to do
const CHARACTER_PX = 9;
const HALF_HEIGHT_PX = 16;
const GAP_PX = 12;

// Returns side(site, text): "left" or "right" in the present view.
export function sidesOn(map, sites, scale) {
  if (sites.length > MOST_SITES) return () => "right";
  const places = sites.map((site) => ({ id: site.id, at: map.project([site.lon, site.lat]) }));
  const width = map.getContainer().clientWidth;
  return (site, text) => {
    const from = map.project([site.lon, site.lat]);
    const reach = (GAP_PX * 2 + text.length * CHARACTER_PX) * scale;
    const isTaken = (direction) => places.some(({ id, at }) => {
      const along = (at.x - from.x) * direction;
      return id !== site.id && along > 0 && along < reach && Math.abs(at.y - from.y) < HALF_HEIGHT_PX * scale;
    });
    const isCut = (direction) => from.x + reach * direction < 0 || from.x + reach * direction > width;
    // Half a value misleads; a covered neighbour's name is only missed.
    const cost = (direction) => (isCut(direction) ? 2 : 0) + (isTaken(direction) ? 1 : 0);
    return cost(-1) < cost(1) ? "left" : "right";
  };
}
