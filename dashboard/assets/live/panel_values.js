// The values of the open panel say what the map and the lists say, at the same moment: Dash reads them only now and then
// (selection.js), the stream brings them at once.

import { drawSince } from "./labels.js";

export function keepValuesLive(panel, { boot, words, city }) {
  const draw = () => {
    const values = panel.querySelector("[data-values-of]");
    const site = city.sites.get(values?.dataset.valuesOf);
    if (site) for (const tile of values.querySelectorAll("[data-metric]")) fill(tile, { boot, words, city, site });
    for (const time of panel.querySelectorAll("time[data-since]")) drawSince(time, words, city.now());
  };
  new MutationObserver(draw).observe(panel, {
    childList: true, subtree: true, characterData: true, attributes: true, attributeFilter: ["data-since"],
  });
  city.onChange((change) => {
    if (change.touches(panel.querySelector("[data-values-of]")?.dataset.valuesOf)) draw();
  });
}

// Writes into what Dash made, and only what differs: each writing is a mutation that is observed again.
function fill(tile, { boot, words, city, site }) {
  const { kind, metric } = tile.dataset;
  const known = newestOf(city, site, kind, metric);
  const [number] = tile.querySelector(".value-number").childNodes;
  const age = tile.querySelector("time");
  if (known === null || age === null) return; // a first value brings its marks with it: that is Dash's to draw
  const text = words.number(known.value, boot.kinds[kind]?.metrics[metric]?.precision ?? 1);
  if (number.nodeValue === text && known.at === null) return;
  if (number.nodeValue !== text) number.nodeValue = text;
  const own = Number(age.dataset.since);
  const since = String(known.at ?? (site.kind === kind ? Math.max(own, site.observed_at ?? 0) : own));
  if (age.dataset.since !== since) age.dataset.since = since;
}

// Of the metric that speaks for its site the stream tells value and moment; of others that an alarm is about, the value.
function newestOf(city, site, kind, metric) {
  if (site.kind === kind && site.metric === metric) {
    return site.value === null ? null : { value: site.value, at: site.observed_at };
  }
  const row = [...city.rows.values()].find((one) => one.site === site.id && one.kind === kind && one.metric === metric);
  return row === undefined || row.value === null || row.retrospective ? null : { value: row.value, at: null };
}
