// The base map: a dark style of our own over the city's GeoJSON layers. No tiles, no glyphs, no other server.

import { labelImage } from "./shapes.js";

const EMPTY = { type: "FeatureCollection", features: [] };

export async function loadLayers(boot) {
  const loaded = {};
  await Promise.all(boot.layers.map(async (layer) => {
    try {
      const answer = await fetch(`/map/${layer}.geojson`);
      if (answer.ok) loaded[layer] = await answer.json();
    } catch {
      // a layer that does not come costs its lines, never the sensors
    }
  }));
  return loaded;
}

export function baseStyle(layers, scale) {
  const source = (name) => ({
    type: "geojson", data: layers[name] ?? EMPTY, ...(layers[name]?.attribution ? { attribution: layers[name].attribution } : {}),
  });
  return {
    version: 8,
    sources: { outline: source("outline"), river: source("river"), roads: source("roads"), places: source("places") },
    layers: [
      { id: "ground", type: "background", paint: { "background-color": "#0b1219" } },
      { id: "outline-fill", type: "fill", source: "outline", filter: isArea(),
        paint: { "fill-color": "#131f2a" } },
      { id: "outline-line", type: "line", source: "outline",
        paint: { "line-color": "#3a5064", "line-width": 1.2 * scale, "line-dasharray": [3, 2] } },
      { id: "river-fill", type: "fill", source: "river", filter: isArea(), paint: { "fill-color": "#1d4a70" } },
      { id: "river-line", type: "line", source: "river", layout: roundLine(),
        paint: { "line-color": "#24598a", "line-width": byZoom(2.5 * scale, 9 * scale) } },
      { id: "roads-line", type: "line", source: "roads", layout: roundLine(),
        paint: { "line-color": "#2c3d4d", "line-width": byZoom(1 * scale, 5 * scale) } },
      { id: "places-names", type: "symbol", source: "places", filter: ["has", "name"],
        layout: { "icon-image": ["concat", "label|place|", ["get", "name"]], "icon-allow-overlap": false } },
    ],
  };
}

// Draws the images of names when the map first asks for them.
export function drawMissingLabels(map, scale) {
  const looks = {
    place: { fontPx: 14 * scale, colour: "#8797a8" },
    site: { fontPx: 13 * scale, colour: "#d5dee6" },
    alarm: { fontPx: 15 * scale, colour: "#eef3f7", weight: 700, plate: "rgba(11, 18, 25, 0.82)" },
  };
  map.on("styleimagemissing", ({ id }) => {
    const [, look, ...text] = id.split("|");
    if (!id.startsWith("label|") || !looks[look] || map.hasImage(id)) return;
    const { image, pixelRatio } = labelImage(text.join("|"), looks[look]);
    map.addImage(id, image, { pixelRatio });
  });
}

function isArea() {
  return ["in", ["geometry-type"], ["literal", ["Polygon", "MultiPolygon"]]];
}

function roundLine() {
  return { "line-cap": "round", "line-join": "round" };
}

function byZoom(far, near) {
  return ["interpolate", ["exponential", 1.5], ["zoom"], 10, far, 16, near];
}
