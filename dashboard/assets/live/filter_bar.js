// The buttons of the map's filter. A layer that is left out still says how bad it is inside, and alarms that the
// filter leaves out are always told, with one button that shows them.

import { areaPlace, waterwayPlace } from "./filter.js";
import { element } from "./labels.js";
import { RANK, shapeSvg } from "./shapes.js";

export function createFilterBar({ boot, words, city, filter }) {
  const buttons = new Map(Object.keys(boot.kinds).map((kind) => [kind, kindButton(kind, filter)]));
  const places = element("select", "quiet-button");
  places.id = "place";
  places.dataset.label = "filter_place";
  document.getElementById("places").replaceChildren(places);
  document.getElementById("kinds").replaceChildren(...buttons.values());
  places.addEventListener("change", () => filter.choosePlace(places.value));
  document.getElementById("hidden-alarms-show").addEventListener("click", () => filter.clear());

  let counts = new Map();
  const draw = () => {
    const worst = worstByKind(city);
    buttons.forEach((button, kind) => {
      drawKind(button, { boot, words, filter, kind, total: counts.get(kind) ?? 0, worst: worst.get(kind) ?? "normal" });
    });
    drawHidden(words, city, filter);
  };
  const drawAll = () => {
    counts = countByKind(city);
    drawPlaces(places, { words, city, filter });
    draw();
  };
  city.onChange((change) => (change.event === "full" ? drawAll() : draw()));
  words.onChange(drawAll);
  filter.onChange(drawAll);
  drawAll();
}

function kindButton(kind, filter) {
  const button = element("button", "quiet-button kind");
  button.dataset.kindLayer = kind;
  button.addEventListener("click", () => filter.toggle(kind));
  return button;
}

function countByKind(city) {
  const found = new Map();
  for (const site of city.sites.values()) {
    for (const kind of site.kinds) found.set(kind, (found.get(kind) ?? 0) + 1);
  }
  return found;
}

function worstByKind(city) {
  const found = new Map();
  for (const site of city.unwell()) {
    for (const kind of site.kinds) {
      if (RANK[site.state] > RANK[found.get(kind) ?? "normal"]) found.set(kind, site.state);
    }
  }
  return found;
}

function drawKind(button, { boot, words, filter, kind, total, worst }) {
  const label = words.of(boot.kinds[kind].label);
  const isShown = filter.showsKind(kind);
  button.hidden = total === 0;
  const drawn = total > 0 ? `${label}|${total}|${worst}|${isShown}|${words.language}` : "";
  if (button.dataset.drawn === drawn) return;
  button.dataset.drawn = drawn;
  if (total === 0) return;
  const count = words.number(total);
  button.setAttribute("aria-pressed", String(isShown));
  button.setAttribute("aria-label", words.text("filter_kind", { label, count, worst: words.text(`state_${worst}`) }));
  button.replaceChildren(shapeSvg(worst, 1.1), element("span", "", label), element("span", "kind-count", count));
}

function drawPlaces(select, { words, city, filter }) {
  const sites = [...city.sites.values()];
  const groups = [
    placeGroup(words.text("filter_areas"), sites.map((site) => site.area), areaPlace),
    placeGroup(words.text("filter_waterways"), sites.map((site) => site.waterway), waterwayPlace),
  ];
  const all = new Option(words.text("filter_everywhere"), "");
  select.replaceChildren(all, ...groups.filter((group) => group.children.length > 0));
  // A place that no site has any more still filters: it must be seen to do so.
  if (![...select.options].some((option) => option.value === filter.place)) {
    select.append(new Option(`${filter.place.replace(/^\w+:/, "")} (0)`, filter.place));
  }
  select.value = filter.place;
  select.classList.toggle("is-filtering", filter.place !== "");
}

function placeGroup(label, names, valueOf) {
  const group = element("optgroup");
  group.label = label;
  const known = [...new Set(names.filter(Boolean))].sort((a, b) => a.localeCompare(b));
  group.append(...known.map((name) => new Option(name, valueOf(name))));
  return group;
}

function drawHidden(words, city, filter) {
  const isCalling = (site) => RANK[site.state] > RANK.unknown;
  const count = filter.isOpen ? 0 : city.unwell().filter((site) => isCalling(site) && !filter.shows(site)).length;
  document.getElementById("hidden-alarms").hidden = count === 0;
  const text = document.getElementById("hidden-alarms-text");
  const said = count === 0 ? "" : words.text("filter_hidden_alarms", { count: words.number(count) });
  if (text.textContent !== said) text.textContent = said;
}
