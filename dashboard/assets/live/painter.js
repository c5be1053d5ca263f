// Keeps the map's features equal to what the city says. States go by feature-state, at once and for any number of
// sites; the few that are not normal are handed over again when one of them changed, a few times a second at most.

import { valueText } from "./labels.js";
import { sidesOn } from "./plates.js";
import { RANK } from "./shapes.js";

const NARROW_PX = 600;
const ATTENTION_EVERY_MS = 250;
const AGES_EVERY_MS = 30000;
const MOST_MARKS = 200; // images of folded sites with their number; beyond it they are let go and drawn as they are needed

export function createPainter(map, { boot, words, city, filter, scale }) {
  let selected = null;
  let attention = new Set();
  let isFiltered = true;
  const isShown = (site) => site.id === selected || !isFiltered || filter.shows(site);
  const isWhole = () => !isFiltered || filter.isOpen;
  const shownSites = () => (isWhole() ? [...city.sites.values()] : [...city.sites.values()].filter(isShown));

  const painted = new Map(); // site id to state: a value that changes without its state costs the map nothing
  const paint = (site) => {
    if (painted.get(site.id) === site.state) return;
    painted.set(site.id, site.state);
    map.setFeatureState({ source: "sites", id: site.id }, { state: site.state });
  };
  let plates = new Set(); // images that the map may still be showing
  const drawAttention = atMostEvery(ATTENTION_EVERY_MS, () => {
    const source = map.getSource("attention");
    if (!source.loaded()) { drawAttention(); return; } // what comes faster than it can be taken would pile up
    const isNarrow = map.getContainer().clientWidth < NARROW_PX * scale;
    const sites = city.unwell().filter(isShown);
    attention = new Set(sites.map((site) => site.id));
    const sideOf = sidesOn(map, shownSites(), scale);
    const features = sites.map((site) => {
      const properties = attentionOf(boot, words, city, { site, isNarrow });
      return point(site, { ...properties, side: sideOf(site, (properties.far ?? "").replace("label|alarm|", "")) });
    });
    const wanted = features.flatMap(({ properties }) => [properties.far, properties.near]);
    dropImages(map, new Set([...plates, ...wanted]));
    plates = new Set(wanted);
    source.setData({ type: "FeatureCollection", features });
  });
  const paintAll = () => {
    const features = shownSites().map((site) => point(site, { name: site.name }));
    map.getSource("sites").setData({ type: "FeatureCollection", features });
    painted.clear();
    city.sites.forEach(paint);
    ring();
    drawAttention();
  };
  const apply = (change) => {
    if (change.event === "full") paintAll();
    change.turned.forEach(paint);
    if (change.sites.some((site) => site.state !== "normal" || attention.has(site.id))) drawAttention();
  };
  const ring = () => {
    const site = city.sites.get(selected);
    map.getSource("selected").setData({ type: "FeatureCollection", features: site ? [point(site)] : [] });
  };
  const select = (siteId) => {
    const isNews = [selected, siteId].some((id) => id && city.sites.has(id) && !filter.shows(city.sites.get(id)));
    selected = siteId;
    ring();
    if (isNews) paintAll(); // a chosen site is drawn though the filter leaves it out
  };

  city.onChange(apply);
  words.onChange(drawAttention);
  filter.onChange(paintAll);
  map.on("moveend", drawAttention); // what lies beside a site, and where the edge is, is another thing in another view
  window.setInterval(drawAttention, AGES_EVERY_MS);
  paintAll();
  return {
    select,
    isShown,
    setFiltered(wanted) {
      if (wanted === isFiltered) return;
      isFiltered = wanted;
      if (!filter.isOpen) paintAll();
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

// From afar an alarm's plate says where; near by the name stands below every site already.
function attentionOf(boot, words, city, { site, isNarrow }) {
  const properties = { state: site.state, rank: RANK[site.state], lost: site.data_lost };
  if (site.state === "unknown") {
    const age = site.observed_at ? words.age(city.now() - site.observed_at) : words.text("age_never");
    return { ...properties, near: `label|unknown|${age}` };
  }
  const value = valueText(boot, words, site);
  return {
    ...properties, near: `label|alarm|${value}`, far: `label|alarm|${isNarrow ? value : `${site.name} · ${value}`}`,
  };
}

// Each new value makes a new image; those that no site shows any more are let go. Those of the last picture stay for one
// more: a tile that still shows one of them would be drawn anew for its loss.
function dropImages(map, wanted) {
  const images = map.listImages();
  const marks = images.filter((id) => id.startsWith("cluster|"));
  const plates = images.filter((id) => id.startsWith("label|alarm|") || id.startsWith("label|unknown|"));
  for (const id of plates) if (!wanted.has(id)) map.removeImage(id);
  if (marks.length > MOST_MARKS) marks.forEach((id) => map.removeImage(id));
}

// The first call acts at once; calls that follow too soon become one, a moment later.
function atMostEvery(pauseMs, act) {
  let waiting = null;
  let actedAt = -Infinity;
  const now = () => {
    waiting = null;
    actedAt = performance.now();
    act();
  };
  return () => {
    if (waiting !== null) return;
    const rest = actedAt + pauseMs - performance.now();
    if (rest <= 0) now();
    else waiting = window.setTimeout(now, rest);
  };
}
