// Asks what an act needs: the words of a comment, the agency, or why and for how long something is put aside.

import { element } from "./labels.js";

const SHELF_SECONDS = [30 * 60, 2 * 3600, 8 * 3600, 24 * 3600];

export function createDialog({ boot, words }) {
  const dialog = element("dialog", "act-dialog");
  document.body.append(dialog);

  // Calls `onGiven({ text, lasting_s })` when the person has given what the verb needs.
  function open(verb, name, onGiven) {
    const form = element("form");
    form.method = "dialog";
    form.append(element("h2", "", words.text(`act_${verb}`)), element("p", "muted", name), ...fields(verb));
    form.append(buttons());
    form.addEventListener("submit", () => {
      const given = new FormData(form);
      dialog.close();
      onGiven({ text: String(given.get("text") ?? ""), lasting_s: given.has("lasting") ? Number(given.get("lasting")) : null });
    });
    dialog.replaceChildren(form);
    dialog.setAttribute("aria-label", words.text(`act_${verb}`));
    dialog.showModal();
    form.querySelector("[name=text]").focus();
  }

  const fields = (verb) => {
    if (verb === "assign") return [labelled(words.text("dialog_agency"), agencyField())];
    const text = element("textarea");
    Object.assign(text, { name: "text", rows: 3, required: true, maxLength: 2000 });
    // Blanks alone say nothing: the dialog stays, with what was chosen in it.
    const judge = () => text.setCustomValidity(text.value.trim() === "" ? words.text("refused_needs_text") : "");
    text.addEventListener("input", judge);
    judge();
    const asked = labelled(words.text(verb === "comment" ? "dialog_comment" : "dialog_reason"), text);
    return verb === "shelve" ? [durations(), asked] : [asked];
  };
  const agencyField = () => {
    const select = element("select");
    select.name = "text";
    select.append(...agenciesOf(boot).map((agency) => option(agency, agency)));
    return select;
  };
  const durations = () => {
    const set = element("fieldset");
    set.append(element("legend", "", words.text("dialog_lasting")));
    SHELF_SECONDS.forEach((seconds, place) => {
      const choice = element("input");
      Object.assign(choice, { type: "radio", name: "lasting", value: String(seconds), required: true, checked: place === 0 });
      const label = element("label", "choice", choice);
      label.append(seconds < 3600 ? words.text("age_minutes", { count: seconds / 60 }) : words.text("age_hours", { count: seconds / 3600 }));
      set.append(label);
    });
    return set;
  };
  const buttons = () => {
    const row = element("div", "dialog-buttons");
    const cancel = element("button", "quiet-button", words.text("dialog_cancel"));
    cancel.type = "button";
    cancel.addEventListener("click", () => dialog.close());
    row.append(cancel, element("button", "act main-act", words.text("dialog_do")));
    return row;
  };
  return { open, get isOpen() { return dialog.open; } };
}

// Those of the settings, and of rules that watch something in this city.
export function agenciesOf(boot) {
  return [...boot.agencies].sort();
}

export function option(value, text) {
  const made = element("option", "", text);
  made.value = value;
  return made;
}

function labelled(text, field) {
  const label = element("label", "field", element("span", "", text));
  label.append(field);
  return label;
}
