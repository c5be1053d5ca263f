// The base map: a quiet style of our own over the city's GeoJSON layers. No tiles, no glyphs, no other server.

import { colour } from "./palette.js";

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
    sources: {
      outline: source("outline"), areas: source("areas"), river: source("river"), roads: source("roads"), places: source("places"),
    },
    layers: baseLayers(scale),
  };
}

export function baseLayers(scale) {
  return [
    { id: "ground", type: "background", paint: { "background-color": colour("map-ground") } },
    { id: "outline-fill", type: "fill", source: "outline", filter: isArea(), paint: { "fill-color": colour("map-city") } },
    { id: "areas-line", type: "line", source: "areas",
      paint: { "line-color": colour("map-area"), "line-width": 1 * scale, "line-dasharray": [1, 2] } },
    { id: "outline-line", type: "line", source: "outline",
      paint: { "line-color": colour("map-border"), "line-width": 1.2 * scale, "line-dasharray": [3, 2] } },
    { id: "river-fill", type: "fill", source: "river", filter: isArea(), paint: { "fill-color": colour("map-water") } },
    { id: "river-line", type: "line", source: "river", layout: roundLine(),
      paint: { "line-color": colour("map-water"), "line-width": byZoom(2.5 * scale, 9 * scale) } },
    { id: "roads-line", type: "line", source: "roads", layout: roundLine(),
      paint: { "line-color": colour("map-road"), "line-width": byZoom(1 * scale, 5 * scale) } },
  ];
}

// Names of areas and places give way to everything else: they come last when there is little room. Each may stand
// on its place or on one side of it: the boxes overlap, so never more than one of them finds room.
export function placeLayers(scale) {
  const names = (source, look, more) => ["left", "right", "bottom", "top", "center"].map((anchor) => ({
    id: `${source}-${anchor}`, type: "symbol", source, filter: ["has", "name"], ...more,
    layout: { "icon-image": ["concat", `label|${look}|`, ["get", "name"]], "icon-anchor": anchor, "icon-padding": 0 },
  }));
  return [...names("areas", "area", { minzoom: 12 + Math.log2(scale) }), ...names("places", "place")];
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
