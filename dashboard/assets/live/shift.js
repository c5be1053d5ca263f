// The shift board: asked for only while somebody looks, drawn anew only where something changed.

import { ask, send } from "./api.js";
import { element } from "./labels.js";
import { createPapers } from "./report.js";
import { drawLoad } from "./shift_load.js";

const EVERY_MS = 5000;
const MOST_ROWS = 12;

export function createShift({ boot, words, city, router }) {
  const place = (id) => document.getElementById(id);
  const mayOperate = boot.person.may.includes("operate");
  const papers = createPapers({ boot, words, city, refresh: () => refresh() });
  const field = noteField(place("note-field"));
  let board = null;
  let failed = false;

  const draw = () => {
    drawForms();
    if (failed) place("shift-at").textContent = words.text("shift_unreachable");
    if (board === null) return;
    const now = city.now();
    if (!failed) place("shift-at").textContent = words.text("shift_span", { start: words.moment(board.start, now) });
    once(place("shift-load"), [words.language, board.load_now, board.bars], (target) => drawLoad(target, words, board));
    drawDuty(place("shift-duty"), place("duty-button"), { boot, words, board, now });
    drawKpis(place("shift-kpis"), words, board);
    drawLists(place, words, board, now);
    drawNotes(place("shift-notes"), words, board, now);
    papers.drawSheets(board);
  };
  const drawForms = () => {
    for (const id of ["duty-button", "note-form", "handover-button"]) place(id).hidden = !mayOperate;
    place("note-label").textContent = words.text("shift_note_label");
    place("note-button").textContent = words.text("shift_note_add");
    place("handover-button").textContent = words.text("handover_sign_out");
    place("handover-demo").hidden = !boot.demo;
  };
  const take = (answer) => {
    failed = !answer.ok;
    if (answer.ok) board = answer.body;
    draw();
  };
  const refresh = async () => {
    if (router.shown !== "shift" || document.hidden) return;
    take(await ask("/api/v1/shift"));
  };
  const addNote = async () => {
    if (field.value.trim() === "") { field.focus(); return; }
    const answer = await send("/api/v1/shift/notes", { text: field.value });
    place("note-said").textContent = words.text(answer.ok ? "shift_note_kept" : "shift_not_done");
    if (!answer.ok) return; // what was typed stays
    field.value = "";
    take(answer);
  };

  place("duty-button").addEventListener("click", async () => {
    const answer = await send("/api/v1/shift/duty", { on: !isOnDuty(board, boot.person.name) });
    if (answer.ok) take(answer);
    else place("shift-at").textContent = words.text("shift_not_done");
  });
  place("note-button").addEventListener("click", addNote);
  router.onShow(() => { refresh(); if (router.shown === "shift") papers.refresh(); });
  words.onChange(() => { draw(); papers.refresh(); });
  window.setInterval(refresh, EVERY_MS);
  draw();
}

// Runs `fill` only when what it shows changed: a board that redraws itself cannot be read or selected.
function once(target, shown, fill) {
  const version = JSON.stringify(shown);
  if (target.dataset.shown === version) return;
  target.dataset.shown = version;
  fill(target);
}

// Dash's own text areas report every key to the server; a plain one keeps what is typed to itself.
function noteField(target) {
  const field = element("textarea");
  field.id = "note-text";
  field.rows = 3;
  field.maxLength = 2000;
  target.append(field);
  return field;
}

function isOnDuty(board, name) {
  return (board?.on_duty ?? []).some((person) => person.name === name);
}

function drawDuty(target, button, { boot, words, board, now }) {
  button.textContent = words.text(isOnDuty(board, boot.person.name) ? "shift_sign_off" : "shift_sign_on");
  once(target, [words.language, board.on_duty], () => {
    const list = element("ul", "people");
    for (const person of board.on_duty) {
      const line = element("li");
      line.append(element("strong", "", person.name), ` ${words.text("shift_since", { time: words.moment(person.since, now) })}`);
      list.append(line);
    }
    target.replaceChildren(...(board.on_duty.length > 0 ? [list] : [element("p", "muted", words.text("shift_nobody_on_duty"))]));
  });
}

function drawKpis(target, words, board) {
  const found = board.kpis;
  const span = (seconds) => (seconds === null ? words.text("shift_none_yet") : words.age(seconds * 1000));
  const rows = [
    ["kpi_alarms", words.number(found.annunciated)],
    ["kpi_load", words.number(found.per_period, 2)],
    ["kpi_peak", words.number(found.peak, 1)],
    ["kpi_flood", words.text("kpi_of", { count: words.number(found.flooded), all: words.number(found.periods) })],
    ["kpi_median", span(found.median_s)],
    ["kpi_ninetieth", span(found.ninetieth_s)],
    ["kpi_unacknowledged", words.number(found.unacknowledged)],
    ["kpi_chatter", words.number(found.chattering)],
    ["kpi_top_share", `${words.number(100 * found.top_share)} %`],
  ];
  once(target, [words.language, rows], () => {
    target.replaceChildren(...rows.map(([key, value]) => {
      const line = element("div", "fact");
      line.append(element("dt", "", words.text(key)), element("dd", "", value));
      return line;
    }));
  });
}

function drawLists(place, words, board, now) {
  const what = (row) => `${row.site_name}: ${words.of(row.title)}`;
  list(place("shift-standing"), words, board.standing, (row) => [what(row), words.age(now - row.raised_at)]);
  list(place("shift-shelved"), words, board.shelved, (row) => [
    what(row),
    row.until === null ? words.text("shift_maintenance") : words.text("shift_left", { age: words.age(row.until - now) }),
    `${row.by}: ${row.reason}`,
  ]);
  list(place("shift-worst"), words, board.top, (row) => [
    what(row), words.number(row.count), row.chatter > 0 ? words.text("shift_chatters") : "",
  ]);
  list(place("shift-dead"), words, board.dead, (row) => [
    row.site_name, row.last_at === null ? words.text("shift_never") : words.ago(now - row.last_at),
  ]);
}

function list(target, words, rows, cells) {
  const shown = rows.slice(0, MOST_ROWS).map(cells);
  once(target, [words.language, shown, rows.length], () => {
    const made = element("ul", "rows");
    for (const [what, figure, below] of shown) {
      const line = element("li");
      line.append(element("span", "", what), element("strong", "", figure));
      if (below) line.append(element("span", "muted", below));
      made.append(line);
    }
    const more = rows.length - shown.length;
    target.replaceChildren(rows.length > 0 ? made : element("p", "muted", words.text("document_none")));
    if (more > 0) target.append(element("p", "muted", words.text("shift_more", { count: words.number(more) })));
  });
}

// The newest first, below the field: what somebody types in never moves.
function drawNotes(target, words, board, now) {
  once(target, [words.language, board.notes], () => {
    target.replaceChildren(...[...board.notes].reverse().map((note) => {
      const line = element("li");
      line.append(element("span", "muted", `${words.moment(note.at, now)} · ${note.by}`), element("p", "", note.text));
      return line;
    }));
  });
}
