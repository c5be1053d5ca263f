// The page comes alive: boot data, then stream, lists, health, map; each works when another cannot.

import { createAccount } from "./account.js";
import { createAlarmList } from "./alarms.js";
import { createAlarmsPage } from "./alarms_page.js";
import { createCity } from "./city.js";
import { keepDecorated } from "./decorate.js";
import { createHeaderMenu } from "./header_menu.js";
import { createHealth } from "./health.js";
import { createHorn } from "./horn.js";
import { createKeys } from "./keys.js";
import { createFilter } from "./filter.js";
import { createFilterBar } from "./filter_bar.js";
import { createAtlas } from "./map.js";
import { keepValuesLive } from "./panel_values.js";
import { createRouter } from "./router.js";
import { createRulesNotice } from "./rules_notice.js";
import { createSearch } from "./search.js";
import { createSelection } from "./selection.js";
import { goToSignIn } from "./sign_in.js";
import { createSiteNotes } from "./site_notes.js";
import { openStream } from "./stream.js";
import { createShift } from "./shift.js";
import { createSystem } from "./system.js";
import { createTheme } from "./theme.js";
import { createWall } from "./wall.js";
import { applyTexts, createWords } from "./words.js";

const RETRY_MS = 2000;

// Dash builds the frame after its own scripts have loaded.
function frameReady() {
  return new Promise((resolve) => {
    const look = () => document.getElementById("map");
    if (look()) { resolve(); return; }
    const observer = new MutationObserver(() => {
      if (!look()) return;
      observer.disconnect();
      resolve();
    });
    observer.observe(document.body, { childList: true, subtree: true });
  });
}

async function bootData() {
  for (;;) {
    try {
      const answer = await fetch("/boot.json", { cache: "no-store" });
      if (answer.ok) return await answer.json();
      if (answer.status === 401) goToSignIn();
    } catch {
      // the server is restarting
    }
    await new Promise((resolve) => { window.setTimeout(resolve, RETRY_MS); });
  }
}

let isLearning = false;

// An alarm of a rule that was written after this page was opened: ask for the rules once more.
async function learnRules(boot, city) {
  const isKnown = (row) => row.rule in boot.rules;
  if (isLearning || [...city.rows.values()].every(isKnown)) return;
  isLearning = true;
  try {
    const answer = await fetch("/boot.json", { cache: "no-store" });
    if (!answer.ok) return;
    const { rules, agencies } = await answer.json();
    Object.assign(boot.rules, rules);
    boot.agencies = agencies;
  } catch {
    // the server is restarting; the next message tries again
  } finally {
    window.setTimeout(() => { isLearning = false; }, RETRY_MS);
  }
}

function wireLanguage(words) {
  const button = document.getElementById("language");
  const draw = () => {
    applyTexts(words);
    button.textContent = words.other.toUpperCase();
  };
  button.addEventListener("click", () => words.choose(words.other));
  words.onChange(draw);
  draw();
}

function wireClicks({ selection, atlas, city }) {
  document.addEventListener("click", ({ target }) => {
    const found = target.closest("[data-action], [data-metric], [data-span], [data-go], .alarm, #fit");
    if (!found) return;
    const shown = city.sites.get(selection.site());
    if (found.id === "fit") atlas.fit();
    else if (found.dataset.action === "close") selection.choose(null);
    else if (found.dataset.action === "show-site") shown && atlas.show(shown);
    else if (found.dataset.go) goTo({ selection, atlas, city }, found.dataset.go);
    else if (found.dataset.span) selection.span(found.dataset.span);
    else if (found.dataset.metric) selection.metric(found.dataset.kind, found.dataset.metric);
    else if (found.dataset.site) chooseByHand({ selection, atlas, city }, found.dataset.site);
  });
  document.addEventListener("keydown", ({ key }) => {
    if (key === "Escape" && selection.site() !== null) selection.choose(null);
  });
}

// A person's own click may move the map, a little: what was chosen is to be seen beside its panel.
function chooseByHand({ selection, atlas, city }, siteId) {
  selection.choose(siteId);
  if (city.sites.has(siteId)) atlas.uncover(city.sites.get(siteId));
}

// Chooses a site and brings it into view: asked for by a person, from the search or from a neighbour's panel.
function goTo({ selection, atlas, city }, siteId) {
  selection.choose(siteId);
  if (city.sites.has(siteId)) atlas.show(city.sites.get(siteId));
}

async function start() {
  const [boot] = await Promise.all([bootData(), frameReady()]);
  const words = createWords(boot);
  const theme = createTheme({ words });
  const router = createRouter({ paths: boot.views });
  const city = createCity();
  const filter = createFilter({ boot });
  let selection = null;
  const list = createAlarmList({ boot, words, city, selectedSite: () => selection?.site() ?? null });
  const health = createHealth({ boot, words, city });
  createRulesNotice({ words, city });
  const atlas = createAtlas({
    boot, words, city, theme, router, filter,
    onSelect: (site) => chooseByHand({ selection, atlas, city }, site),
    onFail: () => health.add("health_map"),
  });
  selection = createSelection({
    words, theme, city,
    onChoose: (site) => {
      atlas.select(site);
      list.mark();
    },
  });
  createFilterBar({ boot, words, city, filter });
  createSearch({
    boot, words, city, router,
    onChoose: (site) => {
      goTo({ selection, atlas, city }, site.id);
      const panel = document.getElementById("panel");
      panel.tabIndex = -1;
      panel.focus({ preventScroll: true }); // who came by keyboard goes on in it
    },
  });
  const account = createAccount({ boot, words });
  const alarms = createAlarmsPage({ boot, words, city, router, selection: () => selection });
  const horn = createHorn({ words, city, place: document.getElementById("horn") });
  createKeys({ words, router, page: alarms, horn });
  createHeaderMenu();
  wireLanguage(words);
  wireClicks({ selection, atlas, city });
  keepValuesLive(document.getElementById("panel"), { boot, words, city });
  keepDecorated(document.getElementById("app"), { words, city });
  const stream = openStream("/events", {
    onMessage: (event, message) => {
      health.remove("health_signed_out");
      city.apply(event, message);
      if (event === "full") account.check();
      learnRules(boot, city);
    },
    onRefused: () => health.add("health_signed_out"),
    onRest: () => horn.rest(),
    canCall: () => !horn.isLocked,
  });
  window.pantau = {
    city,
    counts: city.counts,
    stream,
    siteState: (id) => city.sites.get(id)?.state ?? null,
    paintedState: (id) => atlas.map?.getFeatureState({ source: "sites", id }).state ?? null,
    selectedSite: () => selection.site(),
    select: (id) => selection.choose(id),
    get map() { return atlas.map; },
    atlas,
    router,
    alarms,
    horn,
  };
  createSiteNotes({ boot, words, city, router });
  createShift({ boot, words, city, router });
  createSystem({ words, city, router });
  createWall({ boot, words, city, router, atlas });
  router.start();
  selection.restore();
}

start();
