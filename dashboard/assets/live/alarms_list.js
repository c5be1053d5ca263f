// The list on the page: keeps one element per entry, so that focus and pointer stay where they are; holds still
// while somebody is in it, and says quietly what is new meanwhile.

import { worstOf } from "./alarm_state.js";
import { createFreeze } from "./alarms_freeze.js";
import { fillRow } from "./alarms_row.js";
import { createSeen } from "./alarms_seen.js";
import { fillIncident } from "./incidents.js";
import { element } from "./labels.js";

// `wanted()` returns the entries as they should stand now.
export function createList({ boot, words, city, area, list, newsButton, wanted, can, onDraw }) {
  const items = new Map();
  const opened = new Set();
  let shown = [];

  const isShut = (entry) => entry.parent !== null && !(opened.has(entry.parent) && isParentOpen(entry.parent));
  const isParentOpen = (key) => {
    const parent = shown.find((entry) => entry.key === key);
    return !parent || parent.parent === null || opened.has(parent.parent);
  };
  const apply = () => {
    const before = orderOf(shown);
    shown = wanted();
    if (orderOf(shown) !== before) seen.forget();
    draw();
  };
  const seen = createSeen({ area: list.parentElement, onMore: () => onDraw() });
  const visible = () => shown.filter((entry) => entry.type === "row" && !entry.row.isOver && !isShut(entry));
  const draw = () => {
    const keepPlace = freeze.isHeld() ? heldStill(list) : () => letGo(list);
    const focused = list.contains(document.activeElement) ? document.activeElement : null;
    forget(items, new Set(shown.map((entry) => entry.key)));
    shown.forEach((entry, place) => {
      const item = items.get(entry.key) ?? newItem(items, entry);
      fill(item, entry);
      item.node.hidden = isShut(entry);
      if (list.children[place] !== item.node) list.insertBefore(item.node, list.children[place] ?? null);
    });
    if (focused && document.activeElement !== focused) focused.focus({ preventScroll: true });
    keepPlace();
    seen.stand(visible().map((entry) => ({ node: items.get(entry.key).node, row: entry.row })));
    onDraw();
  };
  const fill = (item, entry) => {
    const isOpen = opened.has(entry.key);
    const version = JSON.stringify([words.language, isOpen, entry, minuteOf(entry, city.now())]);
    if (item.version === version) return;
    item.version = version;
    fillItem(item, entry, { boot, words, city, isOpen, can, nowMs: city.now() });
  };
  // Entries that stand there get their news in place; what is over stays until the list may move.
  const refresh = () => {
    const fresh = new Map(wanted().map((entry) => [entry.key, entry]));
    if (!freeze.isHeld()) { apply(); announce([]); return; }
    shown = shown.map((entry) => renewed(entry, fresh, city));
    draw();
    const known = new Set(shown.map((entry) => entry.key));
    announce([...fresh.values()].filter((entry) => entry.type === "row" && !known.has(entry.key)));
  };
  const announce = (news) => {
    newsButton.hidden = news.length === 0;
    if (news.length === 0) { newsButton.textContent = ""; return; }
    const worst = worstOf(news.map((entry) => entry.row));
    const text = words.text("alarms_new", { count: news.length, severity: words.text(`severity_${worst}`) });
    if (newsButton.textContent !== text) newsButton.textContent = text;
    newsButton.dataset.severity = worst;
  };

  const freeze = createFreeze({ pointed: area, focused: list, onRelease: () => refresh() });
  newsButton.addEventListener("click", () => {
    apply();
    announce([]);
  });
  return {
    refresh,
    apply: () => { apply(); announce([]); },
    isHeld: freeze.isHeld,
    toggle(key) {
      if (!opened.delete(key)) opened.add(key);
      draw();
    },
    // The rows that stand here open, in their order; `wasSeen` says which of them were on the screen.
    visibleRows: () => visible().map((entry) => entry.row),
    wasSeen: seen.has,
    entry: (key) => shown.find((entry) => entry.key === key),
    mains: () => shown.filter((entry) => !isShut(entry)).map((entry) => items.get(entry.key).main).filter(Boolean),
  };
}

// While the list is held no row becomes lower, and what grows above the row that somebody points at is scrolled away.
function heldStill(list) {
  const rows = [...list.children].filter((node) => !node.hidden);
  const heights = rows.map((node) => node.offsetHeight);
  rows.forEach((node, place) => { node.style.minHeight = `${heights[place]}px`; });
  const aimed = rows.find((node) => node.matches(":hover")) ?? rows.find((node) => node.contains(document.activeElement));
  const top = aimed?.offsetTop ?? 0;
  return () => { if (aimed?.isConnected) list.parentElement.scrollTop += aimed.offsetTop - top; };
}

function letGo(list) {
  for (const node of list.children) node.style.minHeight = "";
}

const orderOf = (entries) => entries.map((entry) => entry.key).join("\n");

function forget(items, kept) {
  for (const [key, item] of items) {
    if (kept.has(key)) continue;
    item.node.remove();
    items.delete(key);
  }
}

function newItem(items, entry) {
  const node = element("li", `alarm-${entry.type}`);
  node.dataset.key = entry.key;
  const item = { node, main: null, acts: null, version: "" };
  if (entry.type === "group") node.append(element("h3"));
  else {
    item.main = element("button", "alarm-main");
    item.main.type = "button";
    item.acts = element("div", "alarm-acts");
    node.append(item.main, item.acts);
  }
  items.set(entry.key, item);
  return item;
}

function fillItem({ node, main, acts }, entry, around) {
  const { words, city } = around;
  if (entry.type === "group") {
    node.firstChild.textContent = words.text(entry.group);
    return;
  }
  node.dataset.depth = entry.depth;
  if (entry.type === "incident" || entry.holds > 0) main.setAttribute("aria-expanded", String(around.isOpen));
  if (entry.type === "incident") {
    fillIncident(main, acts, { ...around, entry });
    node.dataset.severity = worstOf(entry.rows);
    return;
  }
  node.dataset.severity = entry.row.severity;
  node.dataset.state = entry.row.isOver ? "over" : entry.row.state;
  fillRow(main, acts, { ...around, row: entry.row, holds: entry.holds, site: city.sites.get(entry.row.site) });
}

// The time that is left on a shelf is told anew every minute.
function minuteOf(entry, nowMs) {
  return entry.row?.shelf?.until ? Math.floor(nowMs / 60000) : 0;
}

function renewed(entry, fresh, city) {
  const found = fresh.get(entry.key);
  // An incident grows when the list may move: its buttons do no more than they said when they were aimed at.
  if (entry.type === "incident") return { ...entry, rows: entry.rows.map((row) => newest(row, city)) };
  if (found) return { ...found, parent: entry.parent, depth: entry.depth };
  return entry.type === "row" ? { ...entry, row: newest(entry.row, city) } : entry;
}

function newest(row, city) {
  const found = city.rows.get(row.id);
  return found ? { ...found } : { ...row, isOver: true };
}
