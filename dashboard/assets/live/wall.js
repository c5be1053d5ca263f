// The wall: what the city lives through, read from across the room; nobody ever has to touch it.
// /wall?views=map,alarms,shift&every=30s&area=Taman: which parts, how long each (0: no turning), whose sites.

import { instructionOf, standing, titleOf } from "./alarm_state.js";
import { ask } from "./api.js";
import { element, valueText, write } from "./labels.js";
import { RANK, shapeSvg } from "./shapes.js";
import { keepAlive } from "./wall_life.js";

const PARTS = ["map", "alarms", "shift"];
const SHOWN_ALARMS = 8;
const BOARD_EVERY_MS = 10000;

export function createWall({ boot, words, city, router, atlas }) {
  const wanted = wishes(window.location.search);
  const place = (id) => document.getElementById(id);
  let board = null;
  let part = null;
  let isAreaShown = false;

  const isOfArea = (site) => !wanted.area || site?.area === wanted.area;
  const draw = () => {
    if (router.shown !== "wall") return;
    const alarms = standing(city.rows.values())
      .filter((alarm) => isOfArea(city.sites.get(alarm.site)))
      .sort((a, b) => RANK[b.severity] - RANK[a.severity] || b.raised_at - a.raised_at);
    drawTop({ boot, words, city, place, alarms, isOfArea, area: wanted.area });
    drawAlarms(place("wall-alarms"), { boot, words, city, alarms });
    drawBoard(place("wall-shift"), words, board);
    if (part === "map") showArea();
  };
  // A wall of one area stands before that area's sites; as soon as they are known, and once.
  const showArea = () => {
    if (!wanted.area || isAreaShown || ![...city.sites.values()].some(isOfArea)) return;
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

function drawTop({ boot, words, city, place, alarms, isOfArea, area }) {
  const now = city.now();
  const unknown = city.unwell().filter((site) => site.state === "unknown" && isOfArea(site)).length;
  const newest = city.health?.newest_at ?? null;
  write(place("wall-city"), area ? `${boot.city} · ${area}` : boot.city);
  place("wall-demo").hidden = !boot.demo;
  write(place("wall-time"), `${words.clock(now)} ${boot.zone_name}`);
  write(place("wall-date"), words.date(now));
  if (city.health === null) return; // nothing is known yet: the dash stays
  write(place("wall-alarm-count"), words.number(alarms.length));
  write(place("wall-unknown-count"), words.number(unknown));
  write(place("wall-data-age"), newest === null ? words.text("age_never") : words.ago(now - newest));
}

function drawAlarms(list, { boot, words, city, alarms }) {
  const shown = alarms.slice(0, SHOWN_ALARMS).map((alarm) => ({
    alarm, holder: alarm.claimed_by || alarm.acknowledged_by, age: words.age(city.now() - alarm.raised_at),
  }));
  const version = words.language + document.documentElement.dataset.theme + JSON.stringify([shown, alarms.length, city.health !== null]);
  if (list.dataset.shown === version) return;
  list.dataset.shown = version;
  list.replaceChildren(...shown.map((row) => alarmRow(row, { boot, words })));
  sayWhatIsLeft(list, words, alarms.length);
  if (alarms.length === 0 && city.health !== null) list.append(element("li", "wall-none", words.text("alarms_none")));
}

// A row that does not fit whole would be cut off unseen: it is counted instead.
function sayWhatIsLeft(list, words, total) {
  const more = element("li", "wall-more");
  for (;;) {
    const left = total - list.querySelectorAll(".wall-alarm").length;
    more.textContent = words.text("wall_more", { count: words.number(left) });
    if (left > 0) list.append(more);
    if (list.scrollHeight <= list.clientHeight || list.querySelector(".wall-alarm") === null) return;
    [...list.querySelectorAll(".wall-alarm")].at(-1).remove();
  }
}

function alarmRow({ alarm, holder, age }, { boot, words }) {
  const instruction = instructionOf(boot, words, alarm);
  const row = element("li", "wall-alarm");
  row.dataset.severity = alarm.severity;
  const what = element("p", "wall-what");
  what.append(element("strong", "", alarm.site_name), ` ${[titleOf(boot, words, alarm), ...measuredTexts(boot, words, alarm)].join(" · ")}`);
  const who = element("p", holder ? "wall-who" : "wall-who is-nobody",
    holder ? words.text("wall_held_by", { name: holder }) : words.text("wall_held_by_nobody"));
  const text = element("div", "wall-text");
  text.append(what);
  if (alarm.data_lost) text.append(element("p", "wall-lost", words.text("alarm_data_lost_short")));
  if (instruction) text.append(element("p", "wall-instruction", `${alarm.agency}: ${instruction}`));
  const side = element("div", "wall-side");
  side.append(element("span", "wall-severity", words.text(`severity_${alarm.severity}`)), element("span", "", age), who);
  row.append(shapeSvg(alarm.severity, 3.4), text, side);
  return row;
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
