// The live map. It is made when its place is first on the screen, and then lives as long as the page: a change of
// page, theme, language or data never makes it anew. Nothing here moves the view except what a person asks for.

import { baseLayers, baseStyle, loadLayers, placeLayers } from "./basemap.js";
import { keepImages } from "./images.js";
import { createPainter } from "./painter.js";
import { repaint } from "./palette.js";
import { watchPointer } from "./pointer.js";
import { addSiteSources, siteLayers } from "./site_layers.js";
import { loadInTurns } from "./tile_turns.js";
import { addTiles } from "./tiles.js";
import { rememberView, storedView } from "./viewport.js";
import { applyTexts } from "./words.js";

const SIGN_ROOM_PX = 40; // for a site's sign and its name
const NEAREST_FIT = 15; // one site alone still shows its streets

// `attach(element)` puts the one map into another place of the page, view and all; `whenReady(act)` waits for it.
export function createAtlas({ boot, words, city, theme, router, filter, onSelect, onFail }) {
  const container = document.getElementById("map");
  const home = container.parentElement;
  let live = null;
  let waiting = [];

  const whenReady = (act) => { if (live) act(live); else waiting.push(act); };
  const attach = (place) => {
    if (container.parentElement !== place) place.prepend(container);
    live?.map.resize();
    // Elsewhere there are no buttons of the filter: there the map shows everything.
    whenReady(({ painter }) => painter.setFiltered(place === home));
  };
  const make = async () => {
    try {
      live = await makeMap(container, { boot, words, city, theme, filter, onSelect });
    } catch (error) {
      console.warn("the map cannot be drawn", error);
      onFail();
      return;
    }
    waiting.forEach((act) => act(live));
    waiting = [];
  };

  // A map that is made without a size would show half the world instead of the city.
  const observer = new ResizeObserver(() => {
    if (container.clientWidth === 0 || container.clientHeight === 0) return;
    observer.disconnect();
    make();
  });
  observer.observe(container);
  router.onShow((name) => name === "map" && attach(home));
  return {
    attach,
    whenReady,
    get map() { return live?.map ?? null; },
    select: (siteId) => whenReady(({ painter }) => painter.select(siteId)),
    // The view of all sites, or of those that are asked for.
    fit: (isWanted = () => true) => whenReady(({ map, scale }) => {
      map.fitBounds(boundsOf(city, boot, isWanted), { padding: 56 * scale, maxZoom: NEAREST_FIT });
    }),
    show: (site) => whenReady(({ map }) => show(map, site)),
    uncover: (site) => whenReady(({ map }) => uncover(map, site)),
  };
}

async function makeMap(container, { boot, words, city, theme, filter, onSelect }) {
  const scale = parseFloat(getComputedStyle(document.documentElement).fontSize) / 16;
  const layers = await loadLayers(boot);
  const view = storedView() ?? { bounds: boot.bounds, fitBoundsOptions: { padding: 56 * scale } };
  const map = new window.maplibregl.Map({
    container,
    style: baseStyle(layers, scale),
    ...view,
    attributionControl: { compact: true },
    dragRotate: false,
    pitchWithRotate: false,
    fadeDuration: 0,
    renderWorldCopies: false,
    maxZoom: 18,
  });
  map.getCanvas().dataset.label = "view_map";
  addControls(map, words);
  await new Promise((resolve) => { map.once("load", resolve); });
  keepImages(map, { scale, theme });
  addSiteSources(map, scale);
  Object.keys(map.getStyle().sources).forEach((id) => loadInTurns(map.getSource(id)));
  [...placeLayers(scale), ...siteLayers(scale)].forEach((layer) => map.addLayer(layer));
  theme.onChange(() => repaint(map, [...baseLayers(scale), ...siteLayers(scale)]));
  addTiles(map, { boot, theme, words, isSchematic: Object.values(layers).some((layer) => layer.schematic) });
  map.on("moveend", () => rememberView(map));
  const painter = createPainter(map, { boot, words, city, filter, scale });
  watchPointer(map, { boot, words, city, painter, onSelect });
  return { map, painter, scale };
}

function addControls(map, words) {
  map.touchZoomRotate.disableRotation();
  map.keyboard.disableRotation();
  map.addControl(new window.maplibregl.NavigationControl({ showCompass: false }), "top-right");
  nameButton(".maplibregl-ctrl-zoom-in", "map_zoom_in");
  nameButton(".maplibregl-ctrl-zoom-out", "map_zoom_out");
  applyTexts(words);
}

// The library's own buttons follow the language like every other.
function nameButton(selector, key) {
  const button = document.querySelector(selector);
  button.dataset.label = button.dataset.title = key;
}

// A site that a person chose and that the panel covers is moved out from under it, no further than that; what lies
// outside the view stays there.
function uncover(map, site) {
  const frame = map.getContainer().getBoundingClientRect();
  const panel = document.getElementById("panel").getBoundingClientRect();
  const { x, y } = map.project([site.lon, site.lat]);
  const covered = y - (panel.top - frame.top - SIGN_ROOM_PX);
  if (x < 0 || x > frame.width || y > frame.height || covered <= 0 || panel.top - frame.top < 3 * SIGN_ROOM_PX) return;
  map.panBy([0, covered]);
}

// The panel covers the lower part of the map: the site is shown above it.
function show(map, site) {
  const offset = [0, -0.22 * map.getContainer().clientHeight];
  map.easeTo({ center: [site.lon, site.lat], zoom: Math.max(map.getZoom(), 14), offset });
}

function boundsOf(city, boot, isWanted) {
  const bounds = new window.maplibregl.LngLatBounds();
  city.sites.forEach((site) => isWanted(site) && bounds.extend([site.lon, site.lat]));
  return bounds.isEmpty() ? boot.bounds : bounds;
}
