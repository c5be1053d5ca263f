// Which rows of the alarm list are shown, in which order and under which heading. Pure: nothing is drawn here.

import { worstOf } from "./alarm_state.js";
import { RANK } from "./shapes.js";

export const TABS = ["open", "shelved", "out_of_service", "late"];

const GROUPS = {
  active_unacknowledged: "group_unacknowledged",
  active_acknowledged: "group_acknowledged",
  cleared_unacknowledged: "group_cleared",
};
const GROUP_ORDER = Object.values(GROUPS);

export function tabOf(row) {
  if (row.shelf) return row.state;
  return row.retrospective ? "late" : "open";
}

// What the filters let through; `words` of a row are everything that a person may search it by.
export function matches(row, filters, { me, textOf }) {
  const { severities, agency, kind, area, mine, search } = filters;
  if (severities.size > 0 && !severities.has(row.severity)) return false;
  if (agency && row.agency !== agency) return false;
  if (kind && row.kind !== kind) return false;
  if (area && row.area !== area) return false;
  if (mine && row.claimed_by !== me) return false;
  return !search || search.toLowerCase().split(/\s+/).every((word) => textOf(row).includes(word));
}

// Returns [{ key, type, row | incident | group, parent, depth }]: headings, incidents, rows, and under an incident or
// an outage or a worse alarm what it holds. Each row that is given stands there exactly once.
export function arrange(rows, incidents, { grouped, byPlace }) {
  const shown = new Map(rows.map((row) => [row.id, row]));
  const held = membersOf(rows.filter((row) => shown.has(row.folded_under)), (row) => row.folded_under);
  const tops = rows.filter((row) => !shown.has(row.folded_under)).map((row) => rowTop(row, held));
  const heads = byPlace ? gathered(tops, incidents) : tops;
  heads.sort(worstThenNewest);
  if (!grouped) return heads.flatMap((head) => head.entries);
  return GROUP_ORDER.flatMap((group) => {
    const mine = heads.filter((head) => head.group === group);
    if (mine.length === 0) return [];
    return [{ key: group, type: "group", group, parent: null, depth: 0 }, ...mine.flatMap((head) => head.entries)];
  });
}

export function worstThenNewest(a, b) {
  return RANK[b.severity] - RANK[a.severity] || (b.at ?? 0) - (a.at ?? 0) || (a.key < b.key ? -1 : 1);
}

function membersOf(rows, keyOf) {
  const found = new Map();
  for (const row of rows) found.set(keyOf(row), [...(found.get(keyOf(row)) ?? []), row]);
  return found;
}

function rowTop(row, held) {
  const members = (held.get(row.id) ?? []).map((member) => ({ key: member.id, at: member.raised_at, severity: member.severity, row: member }));
  members.sort(worstThenNewest);
  const entry = { key: row.id, type: "row", row, parent: null, depth: 0, holds: members.length };
  return {
    key: row.id, severity: row.severity, at: row.raised_at ?? row.shelf?.since, group: GROUPS[row.state] ?? GROUP_ORDER[1],
    entries: [entry, ...members.map((member) => entryOf(member.row, row.id))],
  };
}

function entryOf(row, parent) {
  return { key: row.id, type: "row", row, parent, depth: 1, holds: 0 };
}

// Puts the tops that belong to one incident under one head; one member alone stands as it is.
function gathered(tops, incidents) {
  const byKey = new Map(tops.map((top) => [top.key, top]));
  const heads = [];
  for (const incident of incidents) {
    const members = incident.rows.map((key) => byKey.get(key)).filter(Boolean);
    if (members.length < 2) continue;
    members.forEach((top) => byKey.delete(top.key));
    heads.push(incidentTop(incident, members));
  }
  return [...heads, ...byKey.values()];
}

function incidentTop(incident, members) {
  const key = `incident:${incident.place}:${incident.first_out}`;
  const entry = { key, type: "incident", incident, rows: members.map((top) => top.entries[0].row), parent: null, depth: 0 };
  const inside = members.flatMap((top) => top.entries.map((one) => ({ ...one, parent: one.parent ?? key, depth: one.depth + 1 })));
  return {
    key, at: incident.since, entries: [entry, ...inside],
    severity: worstOf(members),
    group: GROUP_ORDER.find((group) => members.some((top) => top.group === group)),
  };
}
