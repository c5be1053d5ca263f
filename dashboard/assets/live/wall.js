// The wall: what the city lives through, read from across the room; nobody ever has to touch it.
// /wall?views=map,alarms,shift&every=30s&area=Taman: which parts, how long each (0: no turning), whose sites.

import { standing } from "./alarm_state.js";
import { ask } from "./api.js";
import { element, write } from "./labels.js";
import { drawAlarms } from "./wall_alarms.js";
import { keepAlive } from "./wall_life.js";

const PARTS = ["map", "alarms", "shift"];
const BOARD_EVERY_MS = 10000;

export function createWall({ boot, words, city, router, atlas }) {
  const wanted = wishes(window.location.search);
  const place = (id) => document.getElementById(id);
  let board = null;
  let part = null;
  let isAreaShown = false;

  const isNamed = (site) => [site?.area, site?.waterway].some((name) => name && plain(name) === plain(wanted.area));
  // A name that no site has must not look like an area where all is well: then the wall shows the whole city and says so.
  const isKnown = () => [...city.sites.values()].some(isNamed);
  const isOfArea = (site) => !wanted.area || isNamed(site) || !isKnown();
  const draw = () => {
    if (router.shown !== "wall") return;
    const alarms = standing(city.rows.values())
      .filter((alarm) => isOfArea(city.sites.get(alarm.site)));
    drawTop({ boot, words, city, place, alarms, isOfArea, title: titleOf() });
    drawAlarms(place("wall-alarms"), { boot, words, city, alarms });
    drawBoard(place("wall-shift"), words, board);
    if (part === "map") showArea();
  };
  const titleOf = () => {
    if (!wanted.area || city.sites.size === 0) return boot.city;
    return `${boot.city} · ${isKnown() ? wanted.area : words.text("wall_area_unknown", { area: wanted.area })}`;
  };
  // A wall of one area stands before that area's sites; as soon as they are known, and once.
  const showArea = () => {
    if (!wanted.area || isAreaShown || !isKnown()) return;
    isAreaShown = true;
    atlas.fit(isOfArea);
  };
  const turnTo = (name) => {
    part = name;
    for (const other of PARTS) place(`wall-${other}`).hidden = other !== name;
    if (name === "map") atlas.attach(place("wall-map"));
    draw();
  };
  const turn = () => {
    if (router.shown === "wall") turnTo(wanted.views[(wanted.views.indexOf(part) + 1) % wanted.views.length]);
  };
  const refresh = async () => {
    if (router.shown !== "wall") return;
    const answer = await ask("/api/v1/shift");
    board = answer.ok ? answer.body : null;
    draw();
  };

  router.onShow((name) => {
    if (name !== "wall") return;
    turnTo(part ?? wanted.views[0]);
    refresh();
  });
  city.onChange(draw);
  words.onChange(draw);
  window.setInterval(draw, 1000);
  window.setInterval(refresh, BOARD_EVERY_MS);
  if (wanted.everyMs > 0 && wanted.views.length > 1) window.setInterval(turn, wanted.everyMs);
  keepAlive({ boot, city, isShown: () => router.shown === "wall" });
}

export function wishes(search) {
  const asked = new URLSearchParams(search);
  const named = (asked.get("views") ?? "alarms").split(",").filter((name) => PARTS.includes(name));
  const [, count, unit] = /^(\d+)(s|m)?$/.exec(asked.get("every") ?? "") ?? [null, "0", "s"];
  const everyMs = Number(count) * (unit === "m" ? 60000 : 1000);
  return {
    views: named.length > 0 ? named : ["alarms"],
    // Faster than five seconds nobody can read it.
    everyMs: everyMs === 0 ? 0 : Math.max(everyMs, 5000),
    area: asked.get("area") ?? "",
  };
}

const plain = (name) => name.trim().toLowerCase().replace(/\s+/g, " ");

function drawTop({ boot, words, city, place, alarms, isOfArea, title }) {
  const now = city.now();
  const unknown = city.unwell().filter((site) => site.state === "unknown" && isOfArea(site)).length;
  const newest = city.health?.newest_at ?? null;
  write(place("wall-city"), title);
  place("wall-demo").hidden = !boot.demo;
  write(place("wall-time"), `${words.clock(now)} ${boot.zone_name}`);
  if (city.health === null) return; // nothing is known yet: the dash stays
  write(place("wall-alarm-count"), words.number(alarms.length));
  write(place("wall-unknown-count"), words.number(unknown));
  write(place("wall-data-age"), newest === null ? words.text("age_never") : words.ago(now - newest));
}

function drawBoard(target, words, board) {
  const figures = board === null ? [] : [
    ["wall_load", words.number(board.load_now.per_operator, 1)],
    ["wall_operators", words.number(board.on_duty.length)],
    ["wall_standing", words.number(board.standing.length)],
    ["wall_shelved", words.number(board.shelved.length)],
    ["wall_dead", words.number(board.dead.length)],
  ];
  const version = words.language + JSON.stringify(figures);
  if (target.dataset.shown === version) return;
  target.dataset.shown = version;
  target.replaceChildren(...figures.map(([key, value]) => {
    const made = element("div", "wall-figure");
    made.append(element("span", "wall-figure-value", value), element("span", "", words.text(key)));
    return made;
  }));
  if (board === null) target.append(element("p", "wall-none", words.text("wall_board_unknown")));
}
