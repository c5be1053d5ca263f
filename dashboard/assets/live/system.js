// The system page: Pantau's own figures, asked for only while somebody looks.

import { ask } from "./api.js";
import { element } from "./labels.js";

const EVERY_MS = 5000;
// Older than the page itself by more than this, a figure says of what moment it is; what ingest says each half minute is
// never so old while it lives, so that no line comes and goes.
const SAME_MOMENT_MS = 60000;
// Which cards stand below each other; fixed, so that none ever changes its place. What is not named stands in the last.
const COLUMNS = [["system_messages", "system_processes"], ["system_lag", "system_waiting", "system_channels", "system_letters"], []];
const MEANINGS = ["system_runs", "system_silent", "system_answers"];

export function createSystem({ words, city, router }) {
  const body = document.getElementById("system-body");
  const refused = document.getElementById("system-refused");
  const at = document.getElementById("system-at");
  let told = null;
  let failed = false;

  const draw = () => {
    if (failed) at.textContent = words.text("system_unreachable");
    else if (told) at.textContent = words.text("system_at", { time: words.moment(told.at, city.now()) });
    if (told === null) return;
    refused.replaceChildren(...refusedRules(words, told.refused_rules));
    const cards = [
      ...told.sections.filter((section) => section.figures.length > 0)
        .map((section) => [section.key, card(words, city, section, told.at)]),
      ["system_letters", letters(words, city, told.letters)],
    ];
    fill(body, cards);
  };
  const refresh = async () => {
    if (router.shown !== "system" || document.hidden) return;
    const answer = await ask("/api/v1/system");
    failed = !answer.ok;
    if (answer.ok) told = answer.body;
    draw();
  };

  router.onShow(refresh);
  words.onChange(draw);
  window.setInterval(refresh, EVERY_MS);
}

// Writes only columns in which something changed: what redraws itself cannot be read or selected.
function fill(body, cards) {
  const placeOf = (key) => COLUMNS.findIndex((keys) => keys.includes(key));
  COLUMNS.forEach((keys, place) => {
    const column = element("div", "column");
    column.append(...cards.filter(([key]) => (placeOf(key) === -1 ? COLUMNS.length - 1 : placeOf(key)) === place).map(([, made]) => made));
    const shown = body.children[place];
    if (!shown) body.append(column);
    else if (!shown.isEqualNode(column)) shown.replaceWith(column);
  });
}

function card(words, city, section, toldAt) {
  const made = element("section", "card");
  const list = element("dl", "facts");
  list.append(...section.figures.map((figure) => row(words, city, figure, toldAt)));
  made.append(element("h3", "", words.text(section.key)), list);
  return made;
}

function row(words, city, figure, toldAt) {
  const line = element("div", figure.is_bad ? "fact is-bad" : "fact");
  const label = element("dt", "", figure.label || words.text(figure.key));
  const value = element("dd", figure.value === null ? "is-unknown" : "", valueOf(words, figure));
  const when = timeOf(words, city, figure, toldAt);
  if (when) value.append(element("span", "fact-time", when));
  line.append(label, value);
  return line;
}

// Times are told in words of the language; a megabyte is one in both.
const UNITS = { s: "system_unit_s", "/min": "system_unit_per_min" };

function valueOf(words, { value, unit, precision, is_bad: isBad }) {
  if (value === null) return words.text("state_unknown");
  if (typeof value === "string") return MEANINGS.includes(value) ? words.text(value) : value;
  const number = words.number(value, precision);
  const text = unit ? `${number} ${unit in UNITS ? words.text(UNITS[unit]) : unit}` : number;
  return isBad ? `${words.text("system_look")} ${text}` : text;
}

function timeOf(words, city, { at, since }, toldAt) {
  const now = city.now();
  if (since !== null) return words.text("system_since", { time: words.moment(since, now) });
  return at === null || toldAt - at < SAME_MOMENT_MS ? "" : words.moment(at, now);
}

function letters(words, city, found) {
  const made = element("section", "card");
  made.append(element("h3", "", words.text("system_letters")));
  if (found.length === 0) made.append(element("p", "muted", words.text("system_letters_none")));
  const list = element("dl", "facts");
  for (const letter of found) {
    const line = element("div", "fact");
    const value = element("dd", "", words.number(letter.count));
    value.append(element("span", "fact-time", words.text("system_newest", { time: words.moment(letter.newest_at, city.now()) })));
    line.append(element("dt", "", words.of(letter.told)), value);
    list.append(line);
  }
  made.append(list);
  return made;
}

// What is wrong is said in English, as `pantau rules check` says it; where it is, in the page's language.
function faultElement(words, { path, line, column, message }) {
  const told = element("span", "", message);
  told.lang = "en";
  const item = element("li", "", element("strong", "", path));
  item.append(line > 0 ? `, ${words.text("system_rules_place", { line, column })}: ` : ": ", told);
  return item;
}

function refusedRules(words, problems) {
  if (problems.length === 0) return [];
  const made = element("section", "card is-bad");
  const list = element("ul");
  list.append(...problems.map((problem) => faultElement(words, problem)));
  made.append(element("h3", "", words.text("system_rules_refused")), element("p", "", words.text("system_rules_explained")), list);
  return [made];
}
