// Which rows a person wants to see here; what the filters hide is always told. All but the search stand in a line that
// a button opens: the room belongs to the alarms.

import { agenciesOf, option } from "./alarms_dialog.js";

const SEVERITIES = ["critical", "high", "medium", "low"];

export function createFilters({ boot, words, city, place, onChange }) {
  place.querySelector("#alarms-search").append(searchField());
  const opener = place.querySelector("#alarms-filter");
  const choices = place.querySelector("#alarms-filters");
  const find = (name) => place.querySelector(`[data-filter="${name}"]`);
  const none = () => ({ severities: new Set(), agency: "", kind: "", area: "", mine: false, search: "" });
  let filters = none();

  const fillChoices = () => {
    fill(find("agency"), words.text("narrow_agency"), agenciesOf(boot).map((name) => [name, name]));
    fill(find("kind"), words.text("narrow_kind"), Object.keys(boot.kinds).map((name) => [name, words.of(boot.kinds[name].label)]));
    fillAreas();
    find("search").placeholder = words.text("narrow_search");
    find("search").setAttribute("aria-label", words.text("narrow_search"));
  };
  const fillAreas = () => {
    const areas = [...new Set([...city.sites.values()].map((site) => site.area))].filter(Boolean).sort();
    fill(find("area"), words.text("narrow_area"), areas.map((name) => [name, name]));
  };
  const mark = () => {
    for (const name of SEVERITIES) {
      place.querySelector(`[data-severity-filter="${name}"]`).setAttribute("aria-pressed", String(filters.severities.has(name)));
    }
    find("mine").setAttribute("aria-pressed", String(filters.mine));
    for (const name of ["agency", "kind", "area", "search"]) if (find(name).value !== filters[name]) find(name).value = filters[name];
    const count = filters.severities.size + [filters.mine, filters.agency, filters.kind, filters.area].filter(Boolean).length;
    const told = place.querySelector("#alarms-filter-count");
    told.hidden = count === 0;
    told.textContent = words.number(count);
  };
  const set = (changes) => {
    filters = { ...filters, ...changes };
    mark();
    onChange();
  };

  opener.addEventListener("click", () => {
    choices.hidden = !choices.hidden;
    opener.setAttribute("aria-expanded", String(!choices.hidden));
  });
  place.addEventListener("click", ({ target }) => {
    const severity = target.closest("[data-severity-filter]")?.dataset.severityFilter;
    if (severity) set({ severities: toggled(filters.severities, severity) });
    else if (target.closest('[data-filter="mine"]')) set({ mine: !filters.mine });
  });
  place.addEventListener("input", ({ target }) => {
    const name = target.dataset.filter;
    if (name in filters) set({ [name]: target.value });
  });
  words.onChange(fillChoices);
  city.onChange(({ event }) => event === "full" && fillAreas());
  fillChoices();
  mark();
  return {
    get current() { return filters; },
    clear: () => set(none()),
    focusSearch: () => find("search").focus(),
  };
}

function toggled(set, name) {
  const next = new Set(set);
  if (!next.delete(name)) next.add(name);
  return next;
}

function searchField() {
  const field = document.createElement("input");
  field.type = "search";
  field.dataset.filter = "search";
  return field;
}

// Keeps what is chosen, also when a choice is told in another language.
function fill(select, all, choices) {
  const chosen = select.value;
  const version = JSON.stringify([all, choices]);
  if (select.dataset.version === version) return;
  select.dataset.version = version;
  select.replaceChildren(option("", all), ...choices.map(([value, text]) => option(value, text)));
  select.value = chosen;
}
