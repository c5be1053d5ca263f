// All of one row: what to do, who has it, and everything that happened to it, with who and when.

import { instructionOf, titleOf } from "./alarm_state.js";
import { allVerbs, isPast } from "./alarms_row.js";
import { ask } from "./api.js";
import { element, measuredTexts, nameText, valueText } from "./labels.js";
import { shapeSvg } from "./shapes.js";

export function createDetails({ boot, words, city, place, can, onVerb, onShowSite, onClose }) {
  let key = null;
  let row = null;
  let read = -1; // the row's change of which the history is shown
  const history = element("ol", "history");

  const show = (next) => {
    key = next;
    row = null;
    read = -1;
    history.replaceChildren();
    place.hidden = key === null;
    update();
  };
  const update = () => {
    if (key === null) return;
    const found = city.rows.get(key);
    row = found ?? (row && { ...row, isOver: true });
    if (!row) return;
    draw();
    if (read !== row.change || row.isOver) readHistory();
  };
  const draw = () => {
    const version = JSON.stringify([row, words.language]);
    if (place.dataset.version === version && place.contains(history)) return;
    place.dataset.version = version;
    const focused = place.contains(document.activeElement) ? document.activeElement.dataset.verb : undefined;
    place.replaceChildren(heading(), factsElement(), instructionElement(), verbsElement(), element("h3", "", words.text("details_history")), history);
    if (focused !== undefined) place.querySelector(focused ? `[data-verb="${focused}"]` : "h2")?.focus();
  };
  const heading = () => {
    const head = element("div", "details-head");
    const title = element("h2", "", `${nameText(boot, words, city.sites.get(row.site), row.site_name)}`);
    title.tabIndex = -1;
    const close = button(words.text("notice_close"), onClose);
    head.append(shapeSvg(row.severity, 1.7), title, close);
    return head;
  };
  const factsElement = () => {
    const facts = element("p", "details-facts");
    facts.append(element("strong", "", titleOf(boot, words, row)), ` · ${words.text(`alarm_state_${row.isOver ? "normal" : row.state}`)}`);
    facts.append(...measuredTexts(boot, words, row).map((text) => ` · ${text}`));
    return facts;
  };
  const instructionElement = () => {
    const box = element("section", isPast(row) ? "details-instruction is-past" : "details-instruction");
    box.append(element("h3", "", words.text(isPast(row) ? "instruction_past" : "details_instruction")), element("p", "", instructionOf(boot, words, row)));
    if (row.agency) box.append(element("p", "muted", words.text("details_agency", { agency: row.agency })));
    return box;
  };
  const verbsElement = () => {
    const box = element("div", "details-acts");
    for (const verb of can ? allVerbs(row) : []) {
      const made = button(words.text(`act_${verb}`), () => onVerb(verb, row), verb === "acknowledge" ? "act main-act" : "act");
      made.dataset.verb = verb;
      box.append(made);
    }
    if (city.sites.has(row.site)) box.append(button(words.text("details_site"), () => onShowSite(row.site)));
    return box;
  };
  async function readHistory() {
    const wanted = row.change;
    read = wanted;
    const [rule, site] = [row.rule, row.site].map(encodeURIComponent);
    const answer = await ask(`/api/v1/alarms/history?rule=${rule}&site=${site}`);
    if (row?.change !== wanted) return;
    if (!answer.ok) { read = -1; return; } // the next message tries again
    history.replaceChildren(...answer.body.events.toReversed().map((event) => eventElement(boot, words, row, event, city.now())));
  }
  words.onChange(() => { read = -1; update(); });
  return { show, update, get key() { return key; } };
}

function button(text, onClick, className = "quiet-button") {
  const made = element("button", className, text);
  made.type = "button";
  made.addEventListener("click", onClick);
  return made;
}

function eventElement(boot, words, row, event, nowMs) {
  const line = element("li");
  const value = event.value === null ? "" : ` · ${valueText(boot, words, row, event.value)}`;
  line.append(
    element("time", "", words.moment(event.at, nowMs)), " ",
    element("strong", "", words.text(`event_${event.type}`)),
    ` · ${event.by || "Pantau"}${value}`,
  );
  if (event.text) line.append(element("q", "", event.text));
  if (event.until) line.append(` · ${words.text("event_until", { time: words.moment(event.until, nowMs) })}`);
  return line;
}
