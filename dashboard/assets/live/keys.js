// The alarm page by keyboard alone, and the list of keys. Single keys can be switched off (WCAG 2.1.4): speech input
// would else press them with every word.

import { element } from "./labels.js";

const STORED = "pantau-single-keys";
const VERBS = { a: "acknowledge", c: "claim", u: "release", m: "comment", g: "assign", s: "shelve" };

export function createKeys({ words, router, page, horn }) {
  const help = helpDialog({ words, isOn: () => isOn, set: (next) => { isOn = next; remember(next); } });
  let isOn = stored();

  const actions = {
    j: () => move(1), ArrowDown: () => move(1), k: () => move(-1), ArrowUp: () => move(-1),
    "/": () => page.filters.focusSearch(),
    n: () => page.list.apply(),
    z: () => page.notices.undo(),
    h: () => horn.silence(),
    ...Object.fromEntries(Object.entries(VERBS).map(([key, verb]) => [key, () => page.actOn(current(), verb)])),
  };
  const current = () => document.activeElement?.closest("[data-key]")?.dataset.key ?? page.chosen;
  const move = (step) => {
    const mains = page.list.mains();
    const place = mains.findIndex((main) => main.closest("[data-key]").dataset.key === current());
    const next = place < 0 ? 0 : Math.min(mains.length - 1, Math.max(0, place + step));
    mains[next]?.focus();
    mains[next]?.scrollIntoView({ block: "nearest" });
  };
  const escape = () => {
    if (document.activeElement.matches("input")) document.activeElement.blur();
    else if (page.chosen !== null) {
      const key = page.chosen;
      page.choose(null);
      page.focusRow(key);
    } else document.activeElement.blur();
  };

  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || page.isAsking || help.isOpen) return;
    if (event.key === "Escape" && router.shown === "alarms") { escape(); return; }
    if (isTyping(event.target) || !isOn) return;
    if (event.key === "?") { event.preventDefault(); help.open(); return; }
    if (router.shown !== "alarms" || !(event.key in actions)) return;
    event.preventDefault();
    actions[event.key]();
  });
  document.getElementById("alarms-keys").addEventListener("click", help.open);
}

const isTyping = (target) => target.matches("input, textarea, select, [contenteditable]");

function helpDialog({ words, isOn, set }) {
  const dialog = element("dialog", "keys-dialog");
  document.body.append(dialog);
  const open = () => {
    const close = element("button", "quiet-button", words.text("notice_close"));
    close.addEventListener("click", () => dialog.close());
    dialog.replaceChildren(element("h2", "", words.text("keys_title")), list(words), switchOf(words, isOn, set), close);
    dialog.setAttribute("aria-label", words.text("keys_title"));
    dialog.showModal();
  };
  return { open, get isOpen() { return dialog.open; } };
}

function list(words) {
  const rows = [
    ["j ↓ / k ↑", words.text("keys_move")], ["Enter", words.text("keys_open")],
    ...Object.entries(VERBS).map(([key, verb]) => [key, words.text(`act_${verb}`)]),
    ["/", words.text("keys_search")], ["n", words.text("keys_news")], ["z", words.text("keys_undo")],
    ["h", words.text("keys_silence")], ["?", words.text("keys_title")], ["Esc", words.text("keys_escape")],
  ];
  const found = element("dl", "keys");
  for (const [key, what] of rows) {
    const term = element("dt");
    term.append(...key.split(" / ").flatMap((one, place) => [...(place ? [" "] : []), element("kbd", "", one)]));
    found.append(term, element("dd", "", what));
  }
  return found;
}

function switchOf(words, isOn, set) {
  const box = element("input");
  Object.assign(box, { type: "checkbox", checked: isOn() });
  box.addEventListener("change", () => set(box.checked));
  const label = element("label", "choice", box);
  label.append(words.text("keys_on"));
  return label;
}

function stored() {
  try {
    return window.localStorage.getItem(STORED) !== "off";
  } catch {
    return true; // a browser may forbid storage; the keys then work until the page is closed
  }
}

function remember(isOn) {
  try {
    window.localStorage.setItem(STORED, isOn ? "on" : "off");
  } catch {
    // see stored
  }
}
