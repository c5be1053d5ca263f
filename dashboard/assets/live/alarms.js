// The alarms beside the map: what is so now, worst first, then newest. Rows keep their element, so focus and
// pointer stay where they are. What people do to them is done on the alarm page.

import { instructionOf, standing as standingRows, titleOf } from "./alarm_state.js";
import { ageElement, element, measuredTexts, nameText } from "./labels.js";
import { RANK, shapeSvg } from "./shapes.js";

export function createAlarmList({ boot, words, city, selectedSite }) {
  const standing = createRows(document.getElementById("alarms"));
  const late = createRows(document.getElementById("retrospective"));
  const lateSection = document.getElementById("retrospective-section");
  const none = document.getElementById("alarms-none");
  const cleared = element("a", "alarms-cleared");
  cleared.href = "/alarms";
  cleared.dataset.view = "alarms";
  document.getElementById("alarms").after(cleared);

  const describe = (alarm) => ({
    boot, words, alarm, site: city.sites.get(alarm.site), nowMs: city.now(),
  });
  const draw = () => {
    const active = standingRows(city.rows.values()).sort(worstThenNewest);
    const past = [...city.rows.values()].filter((row) => row.retrospective && !row.shelf).sort(worstThenNewest);
    standing.show(active, describe, words.language);
    late.show(past, describe, words.language);
    lateSection.hidden = past.length === 0;
    drawCleared(cleared, words, city);
    none.hidden = active.length > 0 || city.health === null;
    if (!none.hidden) drawNone(none, words, city);
    mark();
  };
  const mark = () => {
    for (const row of document.querySelectorAll(".alarm")) {
      row.setAttribute("aria-current", String(row.dataset.site === selectedSite()));
    }
  };

  city.onChange((change) => {
    if (change.alarmsChanged || change.sites.length > 0) draw();
  });
  words.onChange(draw);
  return { draw, mark };
}

function worstThenNewest(a, b) {
  return RANK[b.severity] - RANK[a.severity] || b.raised_at - a.raised_at || (a.id < b.id ? -1 : 1);
}

// Keeps one list item per alarm id under `list`.
function createRows(list) {
  const rows = new Map();
  return {
    show(alarms, describe, language) {
      const wanted = new Set(alarms.map((alarm) => alarm.id));
      for (const [id, row] of rows) {
        if (wanted.has(id)) continue;
        row.item.remove();
        rows.delete(id);
      }
      alarms.forEach((alarm, place) => {
        const row = rows.get(alarm.id) ?? newRow(rows, alarm);
        const version = language + JSON.stringify(alarm);
        if (row.version !== version) {
          fillRow(row.button, describe(alarm));
          row.version = version;
        }
        if (list.children[place] !== row.item) list.insertBefore(row.item, list.children[place] ?? null);
      });
    },
  };
}

function newRow(rows, alarm) {
  const item = element("li");
  const button = element("button", "alarm");
  button.type = "button";
  item.append(button);
  const row = { item, button, version: "" };
  rows.set(alarm.id, row);
  return row;
}

function fillRow(button, { boot, words, alarm, site, nowMs }) {
  const rule = boot.rules[alarm.rule];
  button.dataset.severity = alarm.severity;
  button.dataset.site = alarm.site;
  button.dataset.alarm = alarm.id;
  button.replaceChildren(
    shapeSvg(alarm.severity, 1.7),
    element("span", "alarm-severity", words.text(`severity_${alarm.severity}`)),
    whenElement(words, alarm, nowMs),
    element("span", "alarm-site", nameText(boot, words, site, alarm.site_name)),
    whatElement(boot, words, alarm),
    ...(handledText(words, alarm) ? [element("span", "alarm-handled", handledText(words, alarm))] : []),
    ...(alarm.data_lost ? [lostElement(words, alarm, nowMs)] : []),
    ...(rule ? [instructionElement(boot, words, alarm)] : []),
  );
}

function whenElement(words, alarm, nowMs) {
  const age = ageElement(words, alarm.raised_at, nowMs);
  const line = element("span", "alarm-when");
  line.append(words.text("alarm_since", { time: words.moment(alarm.raised_at, nowMs) }), " · ", age);
  return line;
}

function whatElement(boot, words, alarm) {
  const line = element("span", "alarm-what");
  const [first = "–", ...rest] = measuredTexts(boot, words, alarm);
  line.append(element("strong", "", first), ...[...rest, titleOf(boot, words, alarm)].map((text) => ` · ${text}`));
  return line;
}

function lostElement(words, alarm, nowMs) {
  const text = alarm.data_lost_at
    ? words.text("alarm_data_lost", { time: words.moment(alarm.data_lost_at, nowMs) })
    : words.text("alarm_data_lost_short");
  return element("span", "alarm-lost", text);
}

function instructionElement(boot, words, alarm) {
  const line = element("span", "alarm-instruction");
  line.append(element("strong", "", alarm.agency), `: ${instructionOf(boot, words, alarm)}`);
  return line;
}

function drawNone(none, words, city) {
  const unknown = city.count("unknown");
  const below = unknown > 0
    ? words.text("alarms_none_unknown", { count: words.number(unknown) })
    : words.text("alarms_none_all_known");
  none.replaceChildren(element("strong", "", words.text("alarms_none")), below);
}

// What is over but was seen by nobody stands on the alarm page; here it is only counted.
function drawCleared(link, words, city) {
  const count = [...city.rows.values()].filter((row) => row.state === "cleared_unacknowledged" && !row.retrospective).length;
  link.hidden = count === 0;
  link.textContent = words.text("column_cleared", { count });
}

// Who has it; "" while nobody does.
function handledText(words, alarm) {
  if (alarm.claimed_by) return words.text("row_claimed_short", { who: alarm.claimed_by });
  return alarm.acknowledged_by ? words.text("row_acknowledged_short", { who: alarm.acknowledged_by }) : "";
}
