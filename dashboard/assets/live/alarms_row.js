// One row of the alarm list: what, where, since when, the value, who has it, and the first line of what to do.

import { instructionOf, isActive, isAside, needsAcknowledgement, titleOf } from "./alarm_state.js";
import { ageElement, element, measuredTexts, nameText } from "./labels.js";
import { shapeSvg } from "./shapes.js";

// Fills `main` (a button) and `acts` (its neighbours) for a row; `can` says whether this person may act.
export function fillRow(main, acts, { boot, words, row, site, nowMs, can, holds, isOpen }) {
  main.replaceChildren(
    shapeSvg(row.severity, 1.7),
    element("span", "row-severity", words.text(`severity_${row.severity}`)),
    whenElement(words, row, nowMs),
    element("span", "row-site", nameText(boot, words, site, row.site_name)),
    whatElement(boot, words, row),
    instructionElement(boot, words, row),
    marksElement(marks(words, row, nowMs, holds, isOpen)),
  );
  acts.replaceChildren(...(can ? actButtons(words, row) : []));
}

export function whenElement(words, row, nowMs) {
  const line = element("span", "row-when");
  if (row.raised_at === null) return line;
  const age = ageElement(words, row.raised_at, nowMs);
  line.append(age, element("span", "row-since", words.text("alarm_since", { time: words.moment(row.raised_at, nowMs) })));
  return line;
}

// `where` is told where the row's own place is not: on an incident.
export function whatElement(boot, words, row, where = "") {
  const line = element("span", "row-what");
  line.append(element("strong", "", [where, titleOf(boot, words, row)].filter(Boolean).join(": ")));
  line.append(...measuredTexts(boot, words, row).map((text) => ` · ${text}`));
  return line;
}

export function instructionElement(boot, words, row) {
  const line = element("span", isPast(row) ? "row-instruction is-past" : "row-instruction");
  if (isPast(row)) line.append(`${words.text("instruction_past")} `);
  if (row.agency) line.append(element("strong", "", row.agency), ": ");
  line.append(instructionOf(boot, words, row).split("\n")[0]);
  return line;
}

// What was to be done while it was active: nobody must sound a siren for what is over.
export const isPast = (row) => Boolean(row.isOver) || row.state === "cleared_unacknowledged";

// One line of marks where they fit; without any it takes no room.
export function marksElement(texts) {
  const line = element("span", "row-marks");
  line.append(...texts.map((text) => element("span", "row-mark", text)));
  return line;
}

// Everything about a row that is not plain: who has it, what is put aside and why, what cannot be trusted.
function marks(words, row, nowMs, holds, isOpen) {
  const at = (ms) => words.moment(ms, nowMs);
  return [
    row.isOver && words.text("row_over"),
    !row.isOver && row.state === "cleared_unacknowledged" && words.text("row_cleared", { time: at(row.cleared_at) }),
    row.claimed_by && words.text("row_claimed", { who: row.claimed_by, time: row.claimed_at ? at(row.claimed_at) : "" }),
    !row.claimed_by && row.acknowledged_by && words.text("row_acknowledged", { who: row.acknowledged_by, time: at(row.acknowledged_at) }),
    row.assigned_to && words.text("row_assigned", { agency: row.assigned_to, who: row.assigned_by, time: at(row.assigned_at) }),
    row.shelf && shelfText(words, row.shelf, at),
    row.shelf?.until && words.text("row_shelf_left", { left: words.age(row.shelf.until - nowMs) }),
    row.data_lost && words.text("alarm_data_lost", { time: row.data_lost_at ? at(row.data_lost_at) : "?" }),
    row.chatter > 0 && words.text("row_chatter", { count: row.chatter }),
    row.unseen > 1 && words.text("row_unseen", { count: row.unseen }),
    row.comments > 0 && words.text("row_comment", { who: row.commented_by, text: row.comment }),
    holds > 0 && words.text(isOpen ? "row_holds_open" : "row_holds", { count: holds }),
  ].filter(Boolean);
}

function shelfText(words, shelf, at) {
  const values = { who: shelf.by, reason: shelf.reason, time: at(shelf.since) };
  return words.text(shelf.until ? "row_shelved" : "row_out_of_service", values);
}

// The acts that stand in the row itself; the others stand in its details.
export function actButtons(words, row) {
  return quickVerbs(row).map((verb) => actButton(verb, words.text(`act_${verb}`)));
}

export function actButton(verb, text) {
  const button = element("button", verb === "acknowledge" ? "act main-act" : "act", text);
  button.type = "button";
  button.dataset.verb = verb;
  return button;
}

function quickVerbs(row) {
  if (row.isOver) return [];
  if (isAside(row)) return [row.shelf.until ? "unshelve" : "put_in_service"];
  return [
    ...(needsAcknowledgement(row) ? ["acknowledge"] : []),
    ...(row.claimed_by ? ["release"] : ["claim"]),
  ];
}

export function allVerbs(row) {
  if (row.isOver || isAside(row)) return [...quickVerbs(row), "comment"];
  return [...quickVerbs(row), "assign", "comment", "shelve", "take_out_of_service"];
}

export const isStanding = (row) => isActive(row) || needsAcknowledgement(row);
