// What a row of the alarm list is, said once: map, list, horn and counts agree.

import { RANK } from "./shapes.js";

export const isAside = (row) => row.shelf !== null;

// Of now, and neither put aside nor said by another row already: an outage, or a worse alarm that includes it.
export const standsForItself = (row) => !row.shelf && !row.folded_under && !row.retrospective;

export const isActive = (row) => row.state.startsWith("active_");

export const needsAcknowledgement = (row) => row.state.endsWith("_unacknowledged");

// What the horn sounds for.
export const calls = (row) => standsForItself(row) && row.state === "active_unacknowledged";

export const standing = (rows) => [...rows].filter((row) => standsForItself(row) && isActive(row));

export const worstOf = (rows) => rows.reduce(
  (found, { severity }) => (RANK[severity] > RANK[found] ? severity : found), "low",
);

// The row that says the most: the worst, of those one that is active, of those the newest.
export const worstMember = (rows) => [...rows].sort((a, b) => (
  RANK[b.severity] - RANK[a.severity] || Number(isActive(b)) - Number(isActive(a)) || (b.raised_at ?? 0) - (a.raised_at ?? 0)
))[0];

// Rules whose files are gone have no texts; a row is told all the same.
export const titleOf = (boot, words, row) => {
  const rule = boot.rules[row.rule];
  return rule ? words.of(rule.title) : words.text("alarm_rule_missing", { rule: row.rule });
};

export const instructionOf = (boot, words, row) => words.of(boot.rules[row.rule]?.instruction);
