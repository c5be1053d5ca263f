// What the page answers to a person: done (with a way back while that is safe), or refused and why.

import { element } from "./labels.js";

const SHOWN_MS = 10000;
const MOST_REFUSALS = 2; // more would hide the list; the oldest have been seen

export function createNotices({ words }) {
  const polite = region("status");
  const urgent = region("alert");
  const column = element("div", "notices");
  column.append(urgent, polite);
  document.body.append(column);
  let undoNewest = null;

  const done = (text, undo = null) => {
    const notice = element("div", "notice", element("span", "", text));
    const close = () => {
      notice.remove();
      if (undoNewest === act) undoNewest = null;
    };
    const act = undo && (() => { close(); undo(); });
    if (act) {
      notice.append(buttonOf(words.text("undo"), act, "undo"));
      undoNewest = act;
    }
    polite.append(notice);
    window.setTimeout(close, SHOWN_MS);
  };
  // A refusal stays until it is read: who asked must not believe that it was done.
  const refused = (sentences) => {
    const notice = element("div", "notice is-refused");
    notice.append(element("div", "", ""), buttonOf(words.text("notice_close"), () => notice.remove()));
    notice.firstChild.append(...sentences.map((sentence) => element("p", "", sentence)));
    urgent.append(notice);
    while (urgent.children.length > MOST_REFUSALS) urgent.firstChild.remove();
  };
  return { done, refused, undo: () => undoNewest?.() };
}

function region(role) {
  const made = element("div");
  made.setAttribute("role", role);
  return made;
}

function buttonOf(text, onClick, name = "") {
  const button = element("button", "quiet-button", text);
  button.type = "button";
  if (name) button.dataset.notice = name;
  button.addEventListener("click", onClick);
  return button;
}
