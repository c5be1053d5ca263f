// The pointer over the map: a tip says what lies under it, a click chooses a site or opens a mark of several.

import { ageElement, element, nameText, valueText } from "./labels.js";
import { RANK } from "./shapes.js";

const REACH_PX = 8;

export function watchPointer(map, { boot, words, city, painter, onSelect }) {
  const tip = document.getElementById("map-tip");
  const siteAt = (place) => under(map, place, "sites-circles")
    .map((feature) => city.sites.get(feature.id))
    .filter((site) => site && painter.isShown(site))
    .sort((a, b) => RANK[b.state] - RANK[a.state])[0];
  const markAt = ({ x, y }) => map.queryRenderedFeatures([x, y], { layers: ["attention-shapes"] })
    .filter((feature) => feature.properties.cluster)
    .sort((a, b) => b.properties.worst - a.properties.worst)[0];

  map.on("click", ({ point }) => {
    const mark = markAt(point);
    if (mark) open(map, mark);
    else if (siteAt(point)) onSelect(siteAt(point).id);
  });
  map.on("mousemove", ({ point }) => {
    const mark = markAt(point);
    const site = mark ? null : siteAt(point);
    map.getCanvas().style.cursor = mark || site ? "pointer" : "";
    tip.hidden = !mark && !site;
    if (mark) tip.replaceChildren(...markTip(words, mark));
    else if (site) tip.replaceChildren(...siteTip(boot, words, site, city.now()));
    if (!tip.hidden) put(tip, map, point);
  });
  map.on("mouseout", () => { tip.hidden = true; });
}

function under(map, { x, y }, layer) {
  const box = [[x - REACH_PX, y - REACH_PX], [x + REACH_PX, y + REACH_PX]];
  return map.queryRenderedFeatures(box, { layers: [layer] });
}

// Goes just near enough that the mark falls apart.
async function open(map, mark) {
  let zoom = map.getZoom() + 2;
  try {
    zoom = await map.getSource("attention").getClusterExpansionZoom(mark.properties.cluster_id);
  } catch {
    // the mark is of a moment ago and has been folded anew since: some way nearer is good enough
  }
  map.easeTo({ center: mark.geometry.coordinates, zoom });
}

function siteTip(boot, words, site, nowMs) {
  const line = element("span", "", `${words.text(`state_${site.state}`)} · ${valueText(boot, words, site)} `);
  if (site.observed_at) {
    line.append("· ", ageElement(words, site.observed_at, nowMs, { isPlain: false }));
  }
  return [element("strong", "", nameText(boot, words, site)), line];
}

function markTip(words, { properties }) {
  const states = Object.keys(RANK).filter((state) => properties[state] > 0);
  const parts = states.map((state) => `${words.number(properties[state])} ${words.text(`state_${state}`).toLowerCase()}`);
  const title = words.text("cluster_title", { count: words.number(properties.point_count) });
  return [element("strong", "", title), element("span", "", parts.join(" · "))];
}

function put(tip, map, place) {
  const { clientWidth: width, clientHeight: height } = map.getContainer();
  tip.style.left = `${Math.min(place.x + 16, width - tip.offsetWidth - 8)}px`;
  tip.style.top = `${Math.min(place.y + 16, height - tip.offsetHeight - 8)}px`;
}
