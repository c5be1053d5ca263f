// The notes of the chosen site. Dash leaves a marked place in its panel; this section moves into it and belongs to
// nobody else, so that what is being typed survives whatever the panel shows anew.

import { newId } from "./alarms_acts.js";
import { ask, send } from "./api.js";
import { element } from "./labels.js";

const EVERY_MS = 10000;
const SHOWN = 3;
const LONGEST = 500; // as the server has it
const NOTHING = { notes: [], count: 0, count_all: 0 };

export function createSiteNotes({ boot, words, city, router }) {
  const body = document.getElementById("panel-body");
  const parts = createSection();
  const mayWrite = ["operate", "install"].some((permission) => boot.person.may.includes(permission));
  const drafts = new Map(); // site -> { text, id, isOpen }: what was begun at one site waits there
  let site = null;
  let found = null;
  let failed = false;
  let showsAll = false;
  let said = "";

  const draft = () => drafts.get(site) ?? { text: "", id: newId(), isOpen: false };
  const keep = (change) => drafts.set(site, { ...draft(), ...change });
  const say = (key) => { said = key; draw(); };
  const path = (rest = "") => `/api/v1/sites/${encodeURIComponent(site)}/notes${rest}`;

  const draw = () => {
    drawFrame(parts, { words, draft: draft(), mayWrite, said });
    const shown = { found, failed, showsAll, now: city.now() };
    drawNotes(parts, words, shown, mayWrite ? end : null);
  };
  const refresh = async () => {
    if (site === null || !parts.section.isConnected || document.hidden || router.shown !== "map") return;
    const asked = { site, showsAll };
    const answer = await ask(path(showsAll ? "?ended=true" : ""));
    if (asked.site !== site || asked.showsAll !== showsAll) return; // somebody looks elsewhere by now
    failed = !answer.ok;
    if (answer.ok) found = answer.body;
    draw();
  };
  const add = async () => {
    const { text, id } = draft();
    if (text.trim() === "") { parts.field.focus(); return; }
    const at = site;
    const answer = await send(path(), { id, text });
    if (answer.ok && drafts.get(at)?.id === id) drafts.delete(at); // unless somebody went on typing meanwhile
    if (at !== site) return;
    say(answer.ok ? "notes_kept" : "notes_not_kept");
    if (answer.ok) parts.write.focus();
    refresh();
  };
  const end = async (note) => {
    const at = site;
    const answer = await send(path(`/${note.id}/end`), {});
    if (at !== site) return;
    say(answer.ok ? "notes_ended" : "notes_not_done");
    await refresh();
    if (answer.ok) parts.all.focus(); // the pressed button is gone; what it hid is behind this one
  };
  const settle = () => {
    const place = body.querySelector("[data-notes-of]");
    if (place === null) { site = null; return; }
    if (place.firstChild !== parts.section) place.replaceChildren(parts.section);
    if (place.dataset.notesOf === site) return;
    [site, found, failed, showsAll, said] = [place.dataset.notesOf, null, false, false, ""];
    parts.field.value = draft().text;
    draw();
    refresh();
  };

  // Another text is another note: only the same one may be sent again under its id.
  parts.field.addEventListener("input", () => keep({ text: parts.field.value, id: newId() }));
  parts.write.addEventListener("click", () => { keep({ isOpen: true }); said = ""; draw(); parts.field.focus(); });
  parts.cancel.addEventListener("click", () => { keep({ isOpen: false }); draw(); parts.write.focus(); });
  parts.save.addEventListener("click", add);
  parts.all.addEventListener("click", () => { showsAll = !showsAll; draw(); refresh(); });
  new MutationObserver(settle).observe(body, { childList: true, subtree: true, attributeFilter: ["data-notes-of"] });
  words.onChange(draw);
  router.onShow(refresh);
  window.setInterval(refresh, EVERY_MS);
  settle();
}

function createSection() {
  const section = element("section", "site-notes");
  const button = (className = "quiet-button") => Object.assign(element("button", className), { type: "button" });
  const parts = {
    section,
    title: element("h3"),
    write: button(),
    form: element("div", "note-form"),
    label: element("label"),
    field: Object.assign(element("textarea"), { id: "site-note-text", rows: 2, maxLength: LONGEST }),
    save: button(),
    cancel: button(),
    said: element("p", "muted"),
    list: element("ol", "site-note-list"),
    all: button(),
  };
  parts.label.htmlFor = parts.field.id;
  parts.title.id = "site-notes-title";
  section.setAttribute("aria-labelledby", parts.title.id);
  parts.said.setAttribute("role", "status");
  const head = element("div", "panel-title");
  const buttons = element("div", "spans");
  head.append(parts.title, parts.write);
  buttons.append(parts.save, parts.cancel);
  parts.form.append(parts.label, parts.field, buttons);
  section.append(head, parts.form, parts.said, parts.list, parts.all);
  return parts;
}

function drawFrame(parts, { words, draft, mayWrite, said }) {
  parts.title.textContent = words.text("notes_title");
  parts.write.textContent = words.text("notes_write");
  parts.label.textContent = words.text("notes_label");
  parts.save.textContent = words.text("notes_save");
  parts.cancel.textContent = words.text("notes_later");
  parts.write.hidden = !mayWrite || draft.isOpen;
  parts.form.hidden = !mayWrite || !draft.isOpen;
  if (parts.field.value !== draft.text) parts.field.value = draft.text;
  const told = said === "" ? "" : words.text(said);
  if (parts.said.textContent !== told) parts.said.textContent = told;
}

// Writes the list only when it shows something else: one that redraws itself cannot be read, selected or pressed.
function drawNotes(parts, words, { found, failed, showsAll, now }, end) {
  const { notes, count, count_all: countAll } = found ?? NOTHING;
  const shown = showsAll ? notes : notes.filter((note) => note.ended_at === null).slice(0, SHOWN);
  const version = JSON.stringify([words.language, shown, count, failed, found === null, showsAll]);
  parts.all.hidden = !showsAll && countAll <= shown.length;
  parts.all.textContent = words.text(showsAll ? "notes_fewer" : "notes_all", { count: words.number(countAll) });
  parts.all.setAttribute("aria-expanded", String(showsAll));
  if (parts.list.dataset.shown === version) return;
  parts.list.dataset.shown = version;
  const lines = shown.map((note) => noteLine(note, words, now, end));
  const older = showsAll ? count - shown.length : 0;
  if (older > 0) lines.push(element("li", "muted", words.text("notes_older", { count: words.number(older) })));
  if (failed) lines.unshift(element("li", "muted", words.text("notes_unreadable")));
  else if (found !== null && lines.length === 0) lines.push(element("li", "muted", words.text("notes_none")));
  const held = document.activeElement?.dataset.note;
  parts.list.replaceChildren(...lines);
  if (held) parts.list.querySelector(`[data-note="${held}"]`)?.focus();
}

function noteLine(note, words, now, end) {
  const line = element("li", note.ended_at === null ? "" : "ended");
  const head = element("div", "panel-title");
  head.append(element("small", "muted", `${words.moment(note.at, now)} · ${note.by}`));
  line.append(head, element("p", "", note.text));
  if (note.ended_at !== null) {
    const values = { who: note.ended_by, time: words.moment(note.ended_at, now) };
    line.append(element("small", "", words.text("notes_ended_by", values)));
  } else if (end !== null) {
    const button = element("button", "quiet-button", words.text("notes_end"));
    button.dataset.note = note.id;
    button.setAttribute("aria-label", `${words.text("notes_end")}: ${note.text}`);
    button.addEventListener("click", () => end(note));
    head.append(button);
  }
  return line;
}
