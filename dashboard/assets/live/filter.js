// Which sites the map shows: layers by kind, and one area or waterway. Remembered for its viewer in this browser.

import { read, write } from "./viewport.js";

const storage = () => window.localStorage;

export function createFilter({ boot }) {
  const listeners = [];
  const key = `pantau-map-filter/${boot.person.name}`;
  const stored = read(key, storage) ?? {};
  const hidden = new Set((Array.isArray(stored.hidden) ? stored.hidden : []).filter((kind) => kind in boot.kinds));
  let place = typeof stored.place === "string" ? stored.place : "";

  const changed = () => {
    write(key, { hidden: [...hidden], place }, storage);
    listeners.forEach((listener) => listener());
  };
  const hasShownKind = (site) => site.kinds.length === 0 || site.kinds.some((kind) => !hidden.has(kind));
  return {
    onChange: (listener) => listeners.push(listener),
    shows: (site) => hasShownKind(site) && isAt(site, place),
    showsKind: (kind) => !hidden.has(kind),
    get place() { return place; },
    get isOpen() { return hidden.size === 0 && place === ""; },
    toggle(kind) {
      if (!hidden.delete(kind)) hidden.add(kind);
      changed();
    },
    choosePlace(chosen) {
      place = chosen;
      changed();
    },
    clear() {
      hidden.clear();
      place = "";
      changed();
    },
  };
}

export const areaPlace = (name) => `area:${name}`;
export const waterwayPlace = (name) => `waterway:${name}`;

function isAt(site, place) {
  return place === "" || place === areaPlace(site.area) || place === waterwayPlace(site.waterway);
}
