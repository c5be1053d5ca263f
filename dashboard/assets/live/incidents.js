// An incident: alarms of one river, road or area that came one after another, as one row that opens. Its worst alarm
// stands on it with value and instruction, and what people do to the row they do to all its alarms.

import { needsAcknowledgement, titleOf, worstMember, worstOf } from "./alarm_state.js";
import { actButton, instructionElement, marksElement, whatElement, whenElement } from "./alarms_row.js";
import { element, incidentCountText, nameText } from "./labels.js";
import { shapeSvg } from "./shapes.js";

// Which rows of an incident an act means: it leaves alone what it would change nothing of.
const MEANT = {
  acknowledge: needsAcknowledgement,
  claim: (row) => !row.claimed_by,
  release: (row, me) => row.claimed_by === me,
  assign: () => true,
  comment: () => true,
};

export const canOnIncident = (verb) => verb in MEANT;

export const meantRows = (rows, verb, me) => rows.filter((row) => !row.isOver && MEANT[verb](row, me));

export function fillIncident(main, acts, { boot, words, city, entry, nowMs, can, isOpen }) {
  const { incident, rows } = entry;
  const worst = worstMember(rows);
  const where = nameText(boot, words, city.sites.get(worst.site), worst.site_name);
  main.replaceChildren(
    shapeSvg(worstOf(rows), 1.7),
    element("span", "row-severity", words.text(`severity_${worst.severity}`)),
    whenElement(words, worst, nowMs),
    element("span", "row-site", incident.place),
    whatElement(boot, words, worst, where),
    instructionElement(boot, words, worst),
    marksElement([countText(words, { rows, since: words.moment(incident.since, nowMs), isOpen }), ...holders(words, rows)]),
    element("span", "row-way", wayText({ boot, words, city, entry })),
  );
  acts.replaceChildren(...(can ? buttons(words, rows, boot.person.name) : []));
}


function countText(words, { rows, since, isOpen }) {
  const unseen = rows.filter(needsAcknowledgement).length;
  return [
    incidentCountText(words, rows),
    words.text("alarm_since", { time: since }),
    ...(unseen > 0 ? [words.text("incident_unseen", { count: unseen })] : []),
    words.text(isOpen ? "incident_close" : "incident_open"),
  ].join(" · ");
}

// Who has how many of them: an incident that one person has is told by the name alone.
export function holders(words, rows) {
  const counts = new Map();
  for (const { claimed_by: who } of rows) if (who) counts.set(who, (counts.get(who) ?? 0) + 1);
  return [...counts].map(([who, count]) => (count === rows.length
    ? words.text("row_claimed_short", { who })
    : words.text("incident_claimed", { who, count, all: rows.length })));
}

// Where it began, and the sites in the order of the water: what comes next is to the right. The first alarm may be
// hidden by a filter or over by now.
function wayText({ boot, words, city, entry }) {
  const nameOf = (row) => nameText(boot, words, city.sites.get(row.site), row.site_name);
  const first = city.rows.get(entry.incident.first_out);
  const way = [...new Set(entry.rows.map(nameOf))].join(" → ");
  return first ? `${words.text("incident_began", { what: titleOf(boot, words, first), where: nameOf(first) })} · ${way}` : way;
}

function buttons(words, rows, me) {
  const count = (verb) => meantRows(rows, verb, me).length;
  const owning = count("claim") === 0 && count("release") > 0 ? "release" : "claim";
  const open = rows.filter((row) => !row.isOver).length;
  return ["acknowledge", owning, "assign", "comment"].filter((verb) => count(verb) > 0).map((verb) => {
    const name = words.text(`act_${verb}`);
    const isPart = verb === "acknowledge" || count(verb) < open;
    return actButton(verb, isPart ? words.text("act_count", { act: name, count: count(verb) }) : name);
  });
}
