// Search for a site by name, id, area or waterway. `/` begins it, arrows and Enter choose, Escape leaves.

import { element, nameText } from "./labels.js";
import { shapeSvg } from "./shapes.js";

const MOST_RESULTS = 8;

export function createSearch({ boot, words, city, router, onChoose }) {
  const input = searchInput();
  const list = document.getElementById("search-results");
  document.getElementById("search").prepend(input);
  let found = [];
  let left = 0;
  let marked = 0;

  const draw = () => {
    list.replaceChildren(...found.map((site, position) => resultRow(boot, words, site, position === marked)));
    if (found.length === 0 && input.value.trim()) list.append(element("li", "muted", words.text("search_none")));
    if (left > 0) list.append(element("li", "muted", words.text("search_more", { count: words.number(left) })));
    list.hidden = list.children.length === 0;
    input.setAttribute("aria-expanded", String(!list.hidden));
    if (found.length > 0) input.setAttribute("aria-activedescendant", rowId(found[marked]));
    else input.removeAttribute("aria-activedescendant");
    list.querySelector("[aria-selected=true]")?.scrollIntoView({ block: "nearest" });
  };
  const look = () => {
    const all = sitesMatching(city.sites.values(), input.value);
    found = all.slice(0, MOST_RESULTS);
    left = all.length - found.length;
    marked = 0;
    draw();
  };
  const leave = () => {
    input.value = "";
    look();
  };
  const choose = (site) => {
    leave();
    input.blur();
    onChoose(site);
  };
  const keys = {
    ArrowDown: () => { marked = Math.min(marked + 1, Math.max(found.length - 1, 0)); draw(); },
    ArrowUp: () => { marked = Math.max(marked - 1, 0); draw(); },
    Enter: () => found[marked] && choose(found[marked]),
    Escape: () => { leave(); input.blur(); },
  };

  input.addEventListener("input", look);
  input.addEventListener("keydown", (event) => {
    if (!(event.key in keys)) return;
    event.preventDefault();
    event.stopPropagation(); // Escape closes the search first, the panel only after it
    keys[event.key]();
  });
  input.addEventListener("blur", () => { list.hidden = true; });
  list.addEventListener("mousedown", (event) => {
    event.preventDefault(); // keeps the input's focus until the click is through
    const row = event.target.closest("[data-result]");
    if (row) choose(city.sites.get(row.dataset.result));
  });
  document.addEventListener("keydown", (event) => {
    if (event.key !== "/" || router.shown !== "map" || isTyping(event.target)) return;
    event.preventDefault();
    input.focus();
  });
  words.onChange(() => { if (!list.hidden) draw(); });
}

// Sites of which every word is found in name, id, area or waterway; those whose name begins with it come first.
export function sitesMatching(sites, typed) {
  const wanted = typed.trim().toLowerCase();
  if (!wanted) return [];
  const parts = wanted.split(/\s+/);
  const textOf = (site) => [site.name, site.id, site.area, site.waterway].join(" ").toLowerCase();
  const isFirst = (site) => site.name.toLowerCase().startsWith(wanted);
  return [...sites]
    .filter((site) => parts.every((part) => textOf(site).includes(part)))
    .sort((a, b) => isFirst(b) - isFirst(a) || a.name.localeCompare(b.name));
}

function searchInput() {
  const input = element("input", "quiet-button");
  const given = {
    id: "search-input", type: "search", role: "combobox", autocomplete: "off", spellcheck: "false",
    "aria-autocomplete": "list", "aria-controls": "search-results", "aria-expanded": "false",
    "aria-keyshortcuts": "/", "data-label": "search_label", "data-placeholder": "search_placeholder",
  };
  for (const [name, value] of Object.entries(given)) input.setAttribute(name, value);
  return input;
}

function resultRow(boot, words, site, isMarked) {
  const row = element("li");
  row.id = rowId(site);
  row.dataset.result = site.id;
  row.setAttribute("role", "option");
  row.setAttribute("aria-selected", String(isMarked));
  const where = [site.area, site.waterway, site.id].filter(Boolean).join(" · ");
  const told = element("span", "", element("strong", "", nameText(boot, words, site)));
  told.append(element("small", "muted", where));
  row.append(shapeSvg(site.state, 1.2), element("span", "visually-hidden", words.text(`state_${site.state}`)), told);
  return row;
}

function rowId(site) {
  return `result-${site.id}`;
}

function isTyping(target) {
  return target.matches?.("input, textarea, select, [contenteditable]") ?? false;
}
