// The dialog in which somebody changes their own password.

import { send } from "./api.js";
import { element } from "./labels.js";

// `onDone(key)` is called with the key of what to tell once the password is changed.
export function createPasswordDialog({ words, onDone }) {
  const dialog = element("dialog", "account-dialog");
  document.body.append(dialog);

  const open = () => {
    const form = drawForm(words);
    form.element.addEventListener("submit", async (event) => {
      event.preventDefault();
      const key = await change(form);
      if (key === "account_changed") { dialog.close(); onDone(key); } else form.tell(words.text(key));
    });
    form.cancel.addEventListener("click", () => dialog.close());
    dialog.replaceChildren(form.element);
    dialog.showModal();
  };
  // Typed passwords do not stay in the page.
  dialog.addEventListener("close", () => dialog.replaceChildren());
  dialog.setAttribute("aria-labelledby", "account-dialog-title");
  return { open };
}

async function change({ present, wanted }) {
  const answer = await send("/api/v1/account/password", { present: present.value, wanted: wanted.value });
  if (answer.ok) return "account_changed";
  return answer.status === 422 ? "account_refused" : "account_failed";
}

function drawForm(words) {
  const form = element("form", "account-form");
  const title = element("h2", "", words.text("account_change_password"));
  title.id = "account-dialog-title";
  const present = passwordField("account-present", "current-password");
  const wanted = passwordField("account-wanted", "new-password");
  wanted.minLength = 10;
  const again = passwordField("account-again", "new-password");
  const compare = () => again.setCustomValidity(again.value === wanted.value ? "" : words.text("account_differs"));
  for (const field of [wanted, again]) field.addEventListener("input", compare);
  const wrong = element("p", "account-wrong");
  wrong.setAttribute("role", "alert");
  const save = element("button", "quiet-button", words.text("account_save"));
  const cancel = element("button", "quiet-button", words.text("account_cancel"));
  cancel.type = "button";
  const buttons = element("div", "account-buttons");
  buttons.append(cancel, save);
  form.append(
    title,
    labelFor(present, words.text("account_present")), present,
    labelFor(wanted, words.text("account_wanted")), wanted,
    labelFor(again, words.text("account_again")), again,
    wrong, buttons,
  );
  return { element: form, present, wanted, cancel, tell: (text) => { wrong.textContent = text; } };
}

function passwordField(id, autocomplete) {
  const field = element("input", "");
  Object.assign(field, { id, type: "password", required: true, maxLength: 256, autocomplete });
  return field;
}

function labelFor(field, text) {
  const label = element("label", "", text);
  label.htmlFor = field.id;
  return label;
}
