// The wall's alarms: one block per incident, as in the list, with its worst alarm, how many there are and who has them; in
// the largest type in which all fit. In the smallest there are no more blocks than fit, and how many alarms are left.

import { instructionOf, titleOf, worstMember } from "./alarm_state.js";
import { arrange } from "./alarms_order.js";
import { element, incidentCountText, measuredTexts } from "./labels.js";
import { shapeSvg } from "./shapes.js";

const MOST_BLOCKS = 8;
// How large the type is (wall.css); 1 is the smallest.
const STEPS = [4, 3, 2, 1];

export function drawAlarms(list, { boot, words, city, alarms }) {
  const blocks = arrange(alarms, city.incidents, { grouped: false, byPlace: true })
    .filter((entry) => entry.parent === null)
    .slice(0, MOST_BLOCKS)
    .map((entry) => blockOf(entry, words, city.now()));
  const room = [list.clientWidth, list.clientHeight];
  const version = words.language + document.documentElement.dataset.theme + JSON.stringify([blocks, alarms.length, city.health !== null, room]);
  if (list.dataset.shown === version) return;
  list.dataset.shown = version;
  const made = blocks.map((block) => blockElement(block, { boot, words }));
  if (alarms.length === 0 && city.health !== null) made.push(element("li", "wall-none", words.text("alarms_none")));
  list.replaceChildren(...made);
  const isAll = blocks.reduce((sum, { rows }) => sum + rows.length, 0) === alarms.length;
  chooseStep(list, setOf(alarms, words), isAll);
  sayWhatIsLeft(list, words, alarms.length);
}

// The same alarms in the same room never grow: a new age or value takes no type from under somebody's eyes. They shrink
// only when they would be cut off.
function chooseStep(list, set, isAll) {
  const largest = list.dataset.set === set ? Number(list.dataset.step) : STEPS[0];
  list.dataset.set = set;
  for (const step of isAll ? STEPS.filter((one) => one <= largest) : STEPS.slice(-1)) {
    list.dataset.step = String(step);
    if (fits(list)) return;
  }
}

// What the type is chosen for. The window, not the list's own room: a banner that comes and goes makes nothing grow.
function setOf(alarms, words) {
  return JSON.stringify([alarms.map((alarm) => alarm.id).sort(), words.language, window.innerWidth, window.innerHeight]);
}

const fits = (list) => list.scrollHeight <= list.clientHeight;

function blockOf(entry, words, nowMs) {
  if (entry.type === "row") {
    return { worst: entry.row, rows: [entry.row], place: "", age: words.age(nowMs - entry.row.raised_at) };
  }
  const { incident, rows } = entry;
  return { worst: worstMember(rows), rows, place: incident.place, age: words.age(nowMs - worstMember(rows).raised_at) };
}

// A block that does not fit whole would be cut off unseen: its alarms are counted instead.
function sayWhatIsLeft(list, words, total) {
  const more = element("li", "wall-more");
  for (;;) {
    const blocks = [...list.querySelectorAll(".wall-alarm")];
    const left = total - blocks.reduce((sum, block) => sum + Number(block.dataset.count), 0);
    more.textContent = words.text("wall_more", { count: words.number(left) });
    if (left > 0) list.append(more);
    if (fits(list) || blocks.length === 0) return;
    blocks.at(-1).remove();
  }
}

function blockElement({ worst, rows, place, age }, { boot, words }) {
  const instruction = instructionOf(boot, words, worst);
  const block = element("li", "wall-alarm");
  block.dataset.severity = worst.severity;
  block.dataset.count = String(rows.length);
  const what = element("p", "wall-what");
  what.append(element("strong", "", worst.site_name), ` ${[titleOf(boot, words, worst), ...measuredTexts(boot, words, worst)].join(" · ")}`);
  const text = element("div", "wall-text");
  if (place) text.append(element("p", "wall-place", `${place} · ${incidentCountText(words, rows)}`));
  text.append(what);
  if (worst.data_lost) text.append(element("p", "wall-lost", words.text("alarm_data_lost_short")));
  if (instruction) text.append(element("p", "wall-instruction", `${worst.agency}: ${instruction}`));
  const side = element("div", "wall-side");
  side.append(element("span", "wall-severity", words.text(`severity_${worst.severity}`)), element("span", "", age), whoElement(words, rows));
  const shape = shapeSvg(worst.severity);
  shape.style.width = shape.style.height = "3.4em";
  block.append(shape, text, side);
  return block;
}

// Who has it; of an incident also how many alarms nobody has.
function whoElement(words, rows) {
  const counts = new Map();
  for (const row of rows) {
    const who = row.claimed_by || row.acknowledged_by;
    counts.set(who, (counts.get(who) ?? 0) + 1);
  }
  const nobody = counts.get("") ?? 0;
  counts.delete("");
  if (counts.size === 0) return element("p", "wall-who is-nobody", words.text("wall_held_by_nobody"));
  const names = [...counts].map(([who, count]) => (count === rows.length ? who : `${who} (${count})`)).join(", ");
  const held = words.text("wall_held_by", { name: names });
  if (nobody === 0) return element("p", "wall-who", held);
  return element("p", "wall-who is-nobody", `${held} · ${words.text("wall_free", { count: nobody })}`);
}
