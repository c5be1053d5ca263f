// An optional base map of tiles beneath the city's own layers. It is added when the map already lives, so that tiles
// that come late, or never, cost only themselves: no banner, one quiet line beneath the legend.

import { colour } from "./palette.js";

const PATIENCE_MS = 8000;
const BENEATH = "areas-line"; // over the ground of the city, under its lines and names

export function addTiles(map, { boot, theme, words, isSchematic }) {
  const { tiles } = boot;
  const note = createNote({ words, isSchematic });
  watchErrors(map, note);
  if (!tiles) return;
  if (tiles.sort === "style") addStyle(map, tiles.url, note);
  else {
    map.addSource("tiles", {
      type: tiles.sort, tiles: [absolute(tiles.url)], minzoom: tiles.min_zoom, maxzoom: tiles.max_zoom,
      attribution: tiles.attribution, ...(tiles.sort === "raster" ? { tileSize: 256 } : {}),
    });
    const draw = () => drawLayers(map, tiles, theme);
    draw();
    theme.onChange(draw);
    awaitTiles(map, note);
  }
}

// A style of somebody else's: its sources and layers go beneath ours; what it does not give is done without.
async function addStyle(map, url, note) {
  try {
    const answer = await fetch(url, { signal: AbortSignal.timeout(PATIENCE_MS) });
    const style = await answer.json();
    if (style.glyphs) map.setGlyphs(style.glyphs);
    if (typeof style.sprite === "string") map.addSprite("base", style.sprite);
    for (const [id, source] of Object.entries(style.sources)) map.addSource(`base-${id}`, source);
    for (const layer of style.layers) {
      map.addLayer({ ...layer, id: `base-${layer.id}`, ...(layer.source ? { source: `base-${layer.source}` } : {}) }, BENEATH);
    }
    note.setAway(false);
  } catch (error) {
    console.warn("the base map's style does not come", error);
    note.setAway(true);
  }
}

function drawLayers(map, tiles, theme) {
  const layers = tiles.sort === "raster" ? [pictureLayer(theme)] : tiles.layers.flatMap(shapeLayers);
  for (const layer of layers) {
    if (map.getLayer(layer.id)) {
      for (const [name, value] of Object.entries(layer.paint)) map.setPaintProperty(layer.id, name, value);
    } else map.addLayer(layer, BENEATH);
  }
}

// Pictures are drawn for daylight: in a dark room they are dimmed, so that the sites stay the brightest.
function pictureLayer(theme) {
  const isDark = theme.name === "dark";
  return {
    id: "tiles-pictures", type: "raster", source: "tiles",
    paint: { "raster-brightness-max": isDark ? 0.45 : 1, "raster-saturation": isDark ? -0.6 : -0.3, "raster-fade-duration": 0 },
  };
}

// Layers are known by their names, which the usual schemas (Protomaps, OpenMapTiles, Shortbread) nearly share.
const LOOKS = [
  [/water|ocean|river/, "map-water"],
  [/building/, "map-border"],
  [/boundar|admin/, "map-border"],
  [/road|street|transport|highway/, "map-road"],
];

function shapeLayers(name) {
  if (/label|name|poi|place/.test(name)) return [];
  const look = LOOKS.find(([pattern]) => pattern.test(name));
  if (!look) return [];
  const common = { source: "tiles", "source-layer": name };
  const line = {
    id: `tiles-line-${name}`, type: "line", ...common, filter: ["==", ["geometry-type"], "LineString"],
    paint: { "line-color": colour(look[1]), "line-width": ["interpolate", ["exponential", 1.5], ["zoom"], 10, 0.6, 16, 4] },
  };
  const area = {
    id: `tiles-area-${name}`, type: "fill", ...common, filter: ["==", ["geometry-type"], "Polygon"],
    paint: { "fill-color": colour(look[1]), "fill-opacity": /water|ocean|river/.test(name) ? 1 : 0.35 },
  };
  return [area, line];
}

// Tiles that are refused say so; tiles of a server that accepts and never answers say nothing at all.
function awaitTiles(map, note) {
  const timer = window.setTimeout(() => note.setAway(true), PATIENCE_MS);
  map.on("sourcedata", ({ sourceId, tile }) => {
    if (sourceId !== "tiles" || tile?.state !== "loaded") return;
    window.clearTimeout(timer);
    note.setAway(false);
  });
}

function watchErrors(map, note) {
  map.on("error", ({ sourceId, error }) => {
    if (sourceId === "tiles" || sourceId?.startsWith("base-")) note.setAway(true);
    else console.warn("map:", error?.message ?? error);
  });
}

// The line beneath the legend: what kind of base map this is, and whether its tiles come.
function createNote({ words, isSchematic }) {
  const place = document.getElementById("map-note");
  let isAway = false;
  const draw = () => {
    const said = [isAway && "map_tiles_away", isSchematic && "map_schematic"].filter(Boolean);
    place.hidden = said.length === 0;
    place.textContent = said.map((key) => words.text(key)).join(" · ");
  };
  words.onChange(draw);
  draw();
  return {
    setAway(now) {
      if (now === isAway) return;
      isAway = now;
      draw();
    },
  };
}

function absolute(url) {
  return url.startsWith("/") ? window.location.origin + url : url;
}
