// The alarm page: list, filters, details and acts, wired together. Nothing here is drawn while another page is shown.

import { needsAcknowledgement, titleOf } from "./alarm_state.js";
import { createActs } from "./alarms_acts.js";
import { createDetails } from "./alarms_details.js";
import { createDialog } from "./alarms_dialog.js";
import { createFilters } from "./alarms_filters.js";
import { createList } from "./alarms_list.js";
import { arrange, matches, tabOf, TABS } from "./alarms_order.js";
import { canOnIncident, meantRows } from "./incidents.js";
import { createNotices } from "./notices.js";

const ASKING = new Set(["comment", "assign", "shelve", "take_out_of_service"]);

export function createAlarmsPage({ boot, words, city, router, selection }) {
  const find = (id) => document.getElementById(id);
  const can = boot.person.may.includes("operate");
  const notices = createNotices({ words });
  const acts = createActs({ boot, words, city, notices });
  const dialog = createDialog({ boot, words });
  let tab = "open";
  let byPlace = true;

  const textOf = (row) => [row.site_name, row.site, row.area, row.agency, row.claimed_by, row.comment, titleOf(boot, words, row)]
    .join(" ").toLowerCase();
  const inTab = () => [...city.rows.values()].filter((row) => tabOf(row) === tab);
  const passing = () => inTab().filter((row) => matches(row, filters.current, { me: boot.person.name, textOf }));
  const wanted = () => arrange(passing(), city.incidents, { grouped: tab === "open", byPlace: byPlace && tab === "open" });

  const filters = createFilters({ boot, words, city, place: find("alarms-tools"), onChange: () => list.apply() });
  const perform = (verb, rows, name) => {
    const seen = city.change;
    if (!ASKING.has(verb)) acts.perform(verb, rows, { seen });
    else dialog.open(verb, name, (given) => acts.perform(verb, rows, { ...given, seen }));
  };
  const onVerb = (verb, row) => can && row && perform(verb, [row], acts.nameOf(row));
  const onIncident = (verb, { incident, rows }) => {
    const meant = canOnIncident(verb) ? meantRows(rows, verb, boot.person.name) : [];
    const values = { place: incident.place, act: words.text(`act_${verb}`) };
    if (!canOnIncident(verb)) notices.refused([words.text("act_not_on_incident", values)]);
    else if (meant.length === 0) notices.refused([words.text("act_nothing", values)]);
    else perform(verb, meant, `${incident.place}: ${words.text("act_rows", { count: meant.length })}`);
  };
  const details = createDetails({
    boot, words, city, can, onVerb, place: find("alarm-details"),
    onShowSite: (site) => { router.go("map"); selection().choose(site); },
    onClose: () => { const key = details.key; choose(null); focusRow(key); },
  });
  const list = createList({
    boot, words, city, can, wanted, area: find("alarms-column"), list: find("alarms-list"),
    newsButton: find("alarms-new"), onDraw: () => drawAround(),
  });
  const unseenShown = () => list.visibleRows().filter(needsAcknowledgement);
  const unseenOnScreen = () => unseenShown().filter(list.wasSeen);

  function drawAround() {
    for (const name of TABS) {
      const count = [...city.rows.values()].filter((row) => tabOf(row) === name && !row.folded_under).length;
      const button = document.querySelector(`[data-tab="${name}"]`);
      button.setAttribute("aria-pressed", String(name === tab));
      button.querySelector(".tab-count").textContent = words.number(count);
    }
    const hidden = inTab().length - passing().length;
    find("alarms-hidden").hidden = hidden === 0;
    setText(find("alarms-hidden-text"), words.text("alarms_hidden", { count: hidden }));
    find("alarms-empty").hidden = list.visibleRows().length > 0 || inTab().length > 0;
    setText(find("alarms-empty"), words.text(`empty_${tab}`));
    const count = unseenOnScreen().length;
    const below = unseenShown().length - count;
    find("alarms-bulk").hidden = !can || count === 0;
    setText(find("alarms-bulk"), words.text("act_acknowledge_seen", { count }));
    find("alarms-below").hidden = !can || below === 0;
    setText(find("alarms-below"), words.text("alarms_below", { count: below }));
    find("alarms-by-place").setAttribute("aria-pressed", String(byPlace));
    for (const main of list.mains()) main.setAttribute("aria-current", String(keyOf(main) === details.key));
  }
  function choose(key) {
    details.show(key);
    drawAround();
    // The list is narrower beside the details: what was clicked stays in sight.
    if (key !== null) list.mains().find((main) => keyOf(main) === key)?.scrollIntoView({ block: "nearest" });
  }
  const keyOf = (node) => node.closest("[data-key]").dataset.key;
  const focusRow = (key) => list.mains().find((main) => keyOf(main) === key)?.focus();
  // What a click or a key means at an entry: an incident opens, a row shows all of itself.
  function open(key) {
    const entry = list.entry(key);
    if (!entry) return;
    if (entry.type === "incident" || entry.holds > 0) list.toggle(key);
    if (entry.type === "row") choose(key);
  }
  function actOn(key, verb) {
    const entry = list.entry(key);
    if (!can) return;
    if (entry?.type === "incident") onIncident(verb, entry);
    else if (key && city.rows.has(key)) onVerb(verb, city.rows.get(key));
    else notices.refused([words.text("act_choose_first")]);
  }

  find("alarms-list").addEventListener("click", ({ target }) => {
    const verb = target.closest("[data-verb]")?.dataset.verb;
    if (verb) actOn(keyOf(target), verb);
    else if (target.closest(".alarm-main")) open(keyOf(target));
  });
  find("alarms-tabs").addEventListener("click", ({ target }) => {
    const next = target.closest("[data-tab]")?.dataset.tab;
    if (next) { tab = next; list.apply(); }
  });
  find("alarms-bulk").addEventListener("click", () => acts.perform("acknowledge", unseenOnScreen()));
  find("alarms-show-all").addEventListener("click", () => filters.clear());
  find("alarms-by-place").addEventListener("click", () => { byPlace = !byPlace; list.apply(); });
  const refresh = () => {
    if (router.shown !== "alarms" || city.health === null) return;
    list.refresh();
    details.update();
  };
  city.onChange(refresh);
  words.onChange(refresh);
  router.onShow((name) => name === "alarms" && city.health !== null && list.apply());
  return {
    list, filters, notices, choose, open, actOn, focusRow,
    get isAsking() { return dialog.isOpen; },
    get chosen() { return details.key; },
  };
}

function setText(node, text) {
  if (node.textContent !== text) node.textContent = text;
}
