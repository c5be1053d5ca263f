// An incident: alarms of one river, road or area that came one after another, as one row that opens.

import { needsAcknowledgement, titleOf, worstOf } from "./alarm_state.js";
import { element, nameText } from "./labels.js";
import { shapeSvg } from "./shapes.js";

export function fillIncident(main, acts, { boot, words, city, entry, nowMs, can, isOpen }) {
  const { incident, rows } = entry;
  const worst = worstOf(rows);
  const unseen = rows.filter(needsAcknowledgement);
  main.replaceChildren(
    shapeSvg(worst, 1.7),
    element("span", "row-severity", words.text(`severity_${worst}`)),
    whenElement(words, incident, nowMs),
    element("span", "row-site", incident.place),
    countElement(words, rows, unseen),
    element("span", "row-instruction", beginningText({ boot, words, city, incident })),
    element("span", "row-instruction", wayText({ boot, words, city, rows })),
    element("span", "row-mark", words.text(isOpen ? "incident_close" : "incident_open")),
  );
  acts.replaceChildren(...(can && unseen.length > 0 ? [acknowledgeButton(words, unseen.length)] : []));
}

function whenElement(words, incident, nowMs) {
  const line = element("span", "row-when");
  const age = element("time");
  age.dataset.since = incident.since;
  age.dataset.plain = "1";
  line.append(age, element("span", "row-since", words.text("alarm_since", { time: words.moment(incident.since, nowMs) })));
  return line;
}

function countElement(words, rows, unseen) {
  const sites = new Set(rows.map((row) => row.site)).size;
  const line = element("span", "row-what");
  line.append(element("strong", "", words.text("incident_count", { alarms: rows.length, sites })));
  if (unseen.length > 0) line.append(` · ${words.text("incident_unseen", { count: unseen.length })}`);
  return line;
}

// Where it began; the first one may be hidden by a filter or over by now.
function beginningText({ boot, words, city, incident }) {
  const first = city.rows.get(incident.first_out);
  if (!first) return "";
  const where = nameText(boot, words, city.sites.get(first.site), first.site_name);
  return words.text("incident_began", { what: titleOf(boot, words, first), where });
}

// The sites in the order of the water: what comes next is to the right.
function wayText({ boot, words, city, rows }) {
  const names = rows.map((row) => nameText(boot, words, city.sites.get(row.site), row.site_name));
  return [...new Set(names)].join(" → ");
}

function acknowledgeButton(words, count) {
  const button = element("button", "act main-act", words.text("act_acknowledge_count", { count }));
  button.type = "button";
  button.dataset.verb = "acknowledge";
  return button;
}
