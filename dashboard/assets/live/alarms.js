// The alarm list: worst first, then newest; rows keep their element, so focus and pointer stay where they are.

import { element, metricOf, nameText, valueText } from "./labels.js";
import { RANK, shapeSvg } from "./shapes.js";

export function createAlarmList({ boot, words, city, selectedSite }) {
  const standing = createRows(document.getElementById("alarms"));
  const late = createRows(document.getElementById("retrospective"));
  const lateSection = document.getElementById("retrospective-section");
  const none = document.getElementById("alarms-none");

  const describe = (alarm) => ({
    boot, words, alarm, site: city.sites.get(alarm.site), nowMs: city.now(),
  });
  const draw = () => {
    const all = [...city.alarms.values()].sort(worstThenNewest);
    const active = all.filter((alarm) => !alarm.retrospective);
    const past = all.filter((alarm) => alarm.retrospective);
    standing.show(active, describe, words.language);
    late.show(past, describe, words.language);
    lateSection.hidden = past.length === 0;
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
    whatElement(boot, words, alarm, rule),
    ...(alarm.data_lost ? [lostElement(words, alarm, nowMs)] : []),
    ...(rule ? [instructionElement(words, rule)] : []),
  );
}

function whenElement(words, alarm, nowMs) {
  const age = element("time");
  age.dataset.since = alarm.raised_at;
  age.dataset.plain = "1";
  const line = element("span", "alarm-when");
  line.append(words.text("alarm_since", { time: words.moment(alarm.raised_at, nowMs) }), " · ", age);
  return line;
}

function whatElement(boot, words, alarm, rule) {
  const line = element("span", "alarm-what");
  line.append(element("strong", "", valueText(boot, words, alarm)));
  if (alarm.limit !== null) {
    const sign = rule && !rule.upward ? "≤" : "≥";
    const precision = metricOf(boot, alarm)?.precision ?? 1;
    line.append(` · ${words.text("alarm_limit", { limit: `${sign} ${words.number(alarm.limit, precision)}` })}`);
  }
  line.append(` · ${rule ? words.of(rule.title) : words.text("alarm_rule_missing", { rule: alarm.rule })}`);
  return line;
}

function lostElement(words, alarm, nowMs) {
  const text = alarm.data_lost_at
    ? words.text("alarm_data_lost", { time: words.moment(alarm.data_lost_at, nowMs) })
    : words.text("alarm_data_lost_short");
  return element("span", "alarm-lost", text);
}

function instructionElement(words, rule) {
  const line = element("span", "alarm-instruction");
  line.append(element("strong", "", rule.agency), `: ${words.of(rule.instruction)}`);
  return line;
}

function drawNone(none, words, city) {
  const unknown = [...city.sites.values()].filter((site) => site.state === "unknown").length;
  const below = unknown > 0
    ? words.text("alarms_none_unknown", { count: words.number(unknown) })
    : words.text("alarms_none_all_known");
  none.replaceChildren(element("strong", "", words.text("alarms_none")), below);
}
