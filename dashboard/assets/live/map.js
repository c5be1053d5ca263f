// The live map. Values change by feature-state, so nothing is re-tiled; nothing here ever moves the view
// except what a person asks for (fit, show).

import { baseStyle, drawMissingLabels, loadLayers } from "./basemap.js";
import { element, nameText, valueText } from "./labels.js";
import { RANK, shapeImage, stateColour } from "./shapes.js";
import { applyTexts } from "./words.js";

const NAMES_FROM_ZOOM = 13.5; // at normal text size; a larger wall sees the same city one zoom nearer
const NARROW_PX = 600;
const EMPTY = { type: "FeatureCollection", features: [] };

export async function createMap({ boot, words, city, onSelect }) {
  const scale = parseFloat(getComputedStyle(document.documentElement).fontSize) / 16;
  const layers = await loadLayers(boot);
  const map = new window.maplibregl.Map({
    container: "map",
    style: baseStyle(layers, scale),
    bounds: boot.bounds,
    fitBoundsOptions: { padding: 56 * scale },
    attributionControl: { compact: true },
    dragRotate: false,
    pitchWithRotate: false,
    fadeDuration: 0,
    renderWorldCopies: false,
    maxZoom: 18,
  });
  map.touchZoomRotate.disableRotation();
  map.keyboard.disableRotation();
  map.addControl(new window.maplibregl.NavigationControl({ showCompass: false }), "top-left");
  nameButton(".maplibregl-ctrl-zoom-in", "map_zoom_in");
  nameButton(".maplibregl-ctrl-zoom-out", "map_zoom_out");
  applyTexts(words);
  drawMissingLabels(map, scale);
  await new Promise((resolve) => { map.once("load", resolve); });
  addSites(map, scale);

  const painter = createPainter(map, { boot, words, city, scale });
  painter.paintAll();
  city.onChange(painter.apply);
  words.onChange(painter.drawAttention);
  watchPointer(map, { boot, words, city, onSelect });
  return {
    map,
    select: painter.select,
    fit: () => map.fitBounds(boundsOf(city, boot), { padding: 56 * scale }),
    // The panel covers the lower part of the map: the site is shown above it.
    show: (site) => map.easeTo({
      center: [site.lon, site.lat], zoom: Math.max(map.getZoom(), 14), offset: [0, -0.22 * map.getContainer().clientHeight],
    }),
  };
}

// The library's own buttons follow the language like every other.
function nameButton(selector, key) {
  const button = document.querySelector(selector);
  button.dataset.label = button.dataset.title = key;
}

function addSites(map, scale) {
  map.addSource("sites", { type: "geojson", data: EMPTY, promoteId: "id" });
  map.addSource("attention", { type: "geojson", data: EMPTY, promoteId: "id" });
  for (const state of ["low", "medium", "high", "critical", "unknown"]) {
    const { image, pixelRatio } = shapeImage(state, (state === "unknown" ? 20 : 26) * scale);
    map.addImage(`shape-${state}`, image, { pixelRatio });
  }
  const state = ["coalesce", ["feature-state", "state"], "unknown"];
  const isSelected = ["boolean", ["feature-state", "selected"], false];
  // Names lie under the sites: a plate must never hide a sensor.
  map.addLayer({
    id: "attention-labels", type: "symbol", source: "attention", filter: ["has", "label"],
    layout: { "symbol-sort-key": ["-", 0, ["get", "rank"]], "icon-image": ["get", "label"], "icon-anchor": "left", "icon-offset": [17 * scale, 0] },
  });
  map.addLayer({
    id: "sites-selected", type: "circle", source: "sites",
    paint: {
      "circle-radius": 17 * scale, "circle-opacity": 0,
      "circle-stroke-color": "#ffffff", "circle-stroke-width": 3 * scale,
      "circle-stroke-opacity": ["case", isSelected, 1, 0],
    },
  });
  map.addLayer({
    id: "sites-circles", type: "circle", source: "sites",
    paint: {
      "circle-radius": ["match", state, ["normal", "unknown"], 7 * scale, 4.5 * scale], // the rest lies under its shape
      "circle-color": ["match", state, ...["normal", "low", "medium", "high", "critical"]
        .flatMap((name) => [name, stateColour(name)]), "rgba(11, 18, 25, 0)"],
      "circle-stroke-width": ["match", state, ["normal", "unknown"], 1.5 * scale, 0],
      "circle-stroke-color": ["match", state, "unknown", stateColour("unknown"), "#0b1219"],
    },
  });
  map.addLayer({
    id: "site-names", type: "symbol", source: "sites", minzoom: NAMES_FROM_ZOOM + Math.log2(scale),
    layout: { "icon-image": ["concat", "label|site|", ["get", "name"]], "icon-anchor": "top", "icon-offset": [0, 8 * scale] },
  });
  map.addLayer({
    id: "attention-shapes", type: "symbol", source: "attention",
    layout: {
      "icon-image": ["concat", "shape-", ["get", "state"]],
      "icon-allow-overlap": true, "icon-ignore-placement": true, "symbol-sort-key": ["get", "rank"],
    },
  });
  // An alarm without data keeps its severity and carries the mark of the unknown.
  map.addLayer({
    id: "attention-lost", type: "symbol", source: "attention", filter: ["get", "lost"],
    layout: {
      "icon-image": "shape-unknown", "icon-size": 0.75, "icon-offset": [13 * scale, 13 * scale],
      "icon-allow-overlap": true, "icon-ignore-placement": true,
    },
  });
}

// Keeps the map's features equal to what the city says.
function createPainter(map, { boot, words, city, scale }) {
  let selected = null;
  const paint = (site) => {
    map.setFeatureState({ source: "sites", id: site.id }, { state: site.state });
  };
  const drawAttention = () => {
    const sites = [...city.sites.values()].filter((site) => site.state !== "normal");
    const isNarrow = map.getContainer().clientWidth < NARROW_PX * scale;
    const features = sites.map((site) => point(site, attentionOf(boot, words, site, isNarrow)));
    map.getSource("attention").setData({ type: "FeatureCollection", features });
    dropLabels(map, new Set(features.map((feature) => feature.properties.label)));
  };
  const paintAll = () => {
    const features = [...city.sites.values()].map((site) => point(site, { name: site.name }));
    map.getSource("sites").setData({ type: "FeatureCollection", features });
    city.sites.forEach(paint);
    drawAttention();
  };
  return {
    paintAll,
    drawAttention,
    apply(change) {
      if (change.event === "full") paintAll();
      else if (change.sites.length > 0) {
        change.sites.forEach(paint);
        drawAttention();
      }
    },
    select(siteId) {
      if (selected) map.setFeatureState({ source: "sites", id: selected }, { selected: false });
      selected = siteId;
      if (selected) map.setFeatureState({ source: "sites", id: selected }, { selected: true });
    },
  };
}

function point(site, properties) {
  return {
    type: "Feature",
    geometry: { type: "Point", coordinates: [site.lon, site.lat] },
    properties: { id: site.id, ...properties },
  };
}

function attentionOf(boot, words, site, isNarrow) {
  const properties = { state: site.state, rank: RANK[site.state], lost: site.data_lost };
  if (site.state !== "unknown") {
    const value = valueText(boot, words, site);
    properties.label = `label|alarm|${isNarrow ? value : `${site.name} · ${value}`}`;
  }
  return properties;
}

// Each new value makes a new image; those that no site shows any more are let go.
function dropLabels(map, wanted) {
  for (const id of map.listImages()) {
    if (id.startsWith("label|alarm|") && !wanted.has(id)) map.removeImage(id);
  }
}

function boundsOf(city, boot) {
  const bounds = new window.maplibregl.LngLatBounds();
  city.sites.forEach((site) => bounds.extend([site.lon, site.lat]));
  return bounds.isEmpty() ? boot.bounds : bounds;
}

function watchPointer(map, { boot, words, city, onSelect }) {
  const tip = document.getElementById("map-tip");
  const reach = 8;
  const siteAt = ({ x, y }) => {
    const found = map.queryRenderedFeatures([[x - reach, y - reach], [x + reach, y + reach]], {
      layers: ["sites-circles"],
    });
    const sites = found.map((feature) => city.sites.get(feature.id)).filter(Boolean);
    return sites.sort((a, b) => RANK[b.state] - RANK[a.state])[0];
  };
  map.on("click", ({ point: place }) => {
    const site = siteAt(place);
    if (site) onSelect(site.id);
  });
  map.on("mousemove", ({ point: place }) => {
    const site = siteAt(place);
    map.getCanvas().style.cursor = site ? "pointer" : "";
    tip.hidden = !site;
    if (site) showTip(tip, place, { boot, words, site });
  });
  map.on("mouseout", () => { tip.hidden = true; });
}

function showTip(tip, place, { boot, words, site }) {
  const age = element("time");
  if (site.observed_at) age.dataset.since = site.observed_at;
  const line = element("span", "", `${words.text(`state_${site.state}`)} · ${valueText(boot, words, site)} `);
  if (site.observed_at) line.append("· ", age);
  tip.replaceChildren(element("strong", "", nameText(boot, words, site)), line);
  const { clientWidth: width, clientHeight: height } = tip.parentElement;
  tip.style.left = `${Math.min(place.x + 16, width - tip.offsetWidth - 8)}px`;
  tip.style.top = `${Math.min(place.y + 16, height - tip.offsetHeight - 8)}px`;
}
