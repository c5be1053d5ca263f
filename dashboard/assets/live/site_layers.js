// How sites look on the map. Every site is a circle whose colour is a feature-state, so that a new value re-tiles
// nothing. What is not normal is drawn again from a second, small source: with its shape, its plate, and folded
// into one mark where many stand together. A mark shows the worst of its members, and lies above every circle.

import { colour } from "./palette.js";
import { RANK } from "./shapes.js";

const NAMES_FROM_ZOOM = 13.5; // at normal text size; a larger wall sees the same city one zoom nearer
const BOXES_FROM_ZOOM = 11;
const FOLD_UNTIL_ZOOM = 14;
const FOLD_RADIUS_PX = 24; // about the width of a shape: only marks that would cover each other are folded
const EMPTY = { type: "FeatureCollection", features: [] };
const PAINTED = ["normal", "low", "medium", "high", "critical"];

export function addSiteSources(map, scale) {
  map.addSource("sites", { type: "geojson", data: EMPTY, promoteId: "id" });
  map.addSource("selected", { type: "geojson", data: EMPTY });
  map.addSource("attention", {
    type: "geojson", data: EMPTY, promoteId: "id",
    cluster: true, clusterMaxZoom: FOLD_UNTIL_ZOOM, clusterRadius: FOLD_RADIUS_PX * scale,
    clusterProperties: {
      worst: ["max", ["get", "rank"]],
      ...Object.fromEntries(Object.keys(RANK).map((state) => [
        state, ["+", ["case", ["==", ["get", "state"], state], 1, 0]],
      ])),
    },
  });
  // Keeps names off the sites: circles alone do not count when the map looks for room.
  const side = Math.ceil(12 * scale);
  map.addImage("box", { width: side, height: side, data: new Uint8Array(side * side * 4) });
}

// From the lowest to the highest; the higher a layer of names, the sooner its names find room.
export function siteLayers(scale) {
  const nearZoom = NAMES_FROM_ZOOM + Math.log2(scale);
  return [
    nameLayer("site-names", "sites", { minzoom: nearZoom }, {
      "icon-image": ["concat", "label|site|", ["get", "name"]], "icon-anchor": "top",
      "icon-offset": [0, 14 * scale], "icon-padding": 0, // clear of the widest shape
    }),
    plateLayer("attention-labels", "far", { maxzoom: nearZoom }, scale),
    plateLayer("attention-labels-near", "near", { minzoom: nearZoom }, scale),
    selectedLayer(scale),
    circleLayer(scale),
    nameLayer("site-boxes", "sites", { minzoom: BOXES_FROM_ZOOM }, {
      "icon-image": "box", "icon-allow-overlap": true, "icon-padding": 0,
    }),
    shapeLayer(),
    lostLayer(scale),
  ];
}

function nameLayer(id, source, more, layout) {
  return { id, type: "symbol", source, layout, ...more };
}

function plateLayer(id, property, more, scale) {
  return {
    ...nameLayer(id, "attention", more, {
      "icon-image": ["get", property], "icon-padding": 0,
      "icon-anchor": ["match", ["get", "side"], "left", "right", "left"],
      "icon-offset": ["match", ["get", "side"], "left", ["literal", [-16 * scale, 0]], ["literal", [16 * scale, 0]]],
      "symbol-sort-key": ["-", 0, ["get", "rank"]],
    }),
    filter: ["has", property],
  };
}

function selectedLayer(scale) {
  return {
    id: "sites-selected", type: "circle", source: "selected", // of its own: a ring around each, unseen, is painted too
    paint: {
      "circle-radius": 17 * scale, "circle-opacity": 0,
      "circle-stroke-color": colour("focus"), "circle-stroke-width": 3 * scale,
    },
  };
}

function circleLayer(scale) {
  const state = ["coalesce", ["feature-state", "state"], "unknown"];
  // What is not normal lies under its shape; its circle only has to be smaller.
  const radius = (normal, other) => ["match", state, ["normal", "unknown"], normal * scale, other * scale];
  return {
    id: "sites-circles", type: "circle", source: "sites",
    paint: {
      "circle-radius": ["interpolate", ["linear"], ["zoom"], 9, radius(3.5, 3), 12, radius(7, 4.5)],
      "circle-color": ["match", state, ...PAINTED.flatMap((name) => [name, colour(`state-${name}`)]), "rgba(0, 0, 0, 0)"],
      "circle-stroke-width": ["match", state, ["normal", "unknown"], 1.5 * scale, 0],
      "circle-stroke-color": ["match", state, "unknown", colour("state-unknown"), colour("map-halo")],
    },
  };
}

function shapeLayer() {
  const rank = ["coalesce", ["get", "worst"], ["get", "rank"]];
  const state = ["match", rank, ...Object.entries(RANK).flatMap(([name, value]) => [value, name]), "unknown"];
  return {
    id: "attention-shapes", type: "symbol", source: "attention",
    layout: {
      "icon-image": ["case", ["has", "point_count"],
        ["concat", "cluster|", state, "|", ["to-string", ["get", "point_count"]]],
        ["concat", "shape|", state]],
      "icon-allow-overlap": true, "icon-padding": 0, "symbol-sort-key": rank,
    },
  };
}

// An alarm without data keeps its severity and carries the mark of the unknown.
function lostLayer(scale) {
  return {
    id: "attention-lost", type: "symbol", source: "attention", filter: ["==", ["get", "lost"], true],
    layout: {
      "icon-image": "lost|unknown", "icon-offset": [13 * scale, 13 * scale],
      "icon-allow-overlap": true, "icon-ignore-placement": true,
    },
  };
}
