// Who is signed in: name and role, signing out, ending other sessions; and a page that belongs to nobody else.

import { ask, send } from "./api.js";
import { createPasswordDialog } from "./account_password.js";
import { element } from "./labels.js";
import { signInAddress } from "./sign_in.js";

const SEEN_EVERY_MS = 5 * 60 * 1000;
const CHECK_EVERY_MS = 60 * 1000;

export function createAccount({ boot, words }) {
  const place = document.getElementById("account");
  const menu = createMenu(place);
  const note = element("p", "account-note");
  note.setAttribute("role", "status");
  const password = createPasswordDialog({ words, onDone: (key) => { menu.open(); tell(key); } });
  const tell = (key, values) => { note.textContent = key ? words.text(key, values) : ""; };

  const draw = () => {
    const role = words.text(`role_${boot.person.role}`);
    menu.button.replaceChildren(element("span", "account-name", boot.person.name), element("span", "muted", role));
    menu.button.setAttribute("aria-label", words.text("account_signed_in_as", { name: boot.person.name, role }));
    tell("");
    menu.panel.replaceChildren(...contents(), note);
  };
  const contents = () => (boot.demo
    ? [element("p", "", words.text("account_demo"))]
    : [
      ...(boot.person.has_password ? [action("account_change_password", password.open)] : []),
      action("account_end_others", endOthers),
      action("account_sign_out", signOut),
    ]);
  const action = (key, run) => {
    const button = element("button", "quiet-button", words.text(key));
    button.type = "button";
    button.addEventListener("click", run);
    return button;
  };
  const endOthers = async () => {
    const answer = await send("/api/v1/session/end-others", {});
    if (answer.ok) tell("account_ended", { count: words.number(answer.body.ended) });
    else tell("account_failed");
  };
  const signOut = async () => {
    const answer = await send("/api/v1/session/end", {});
    if (answer.ok || answer.status === 401) window.location.assign(signInAddress(words));
    else tell("account_failed");
  };

  words.onChange(draw);
  draw();
  if (!boot.demo) keepSession(boot);
  return { check: () => checkPerson(boot) };
}

// A button that opens what belongs to it; Escape and a click elsewhere close it.
function createMenu(place) {
  const button = element("button", "quiet-button account-button");
  const panel = element("div", "account-panel");
  button.type = "button";
  panel.id = "account-panel";
  button.setAttribute("aria-controls", panel.id);
  const show = (isOpen) => {
    panel.hidden = !isOpen;
    button.setAttribute("aria-expanded", String(isOpen));
  };
  button.addEventListener("click", () => show(panel.hidden));
  document.addEventListener("click", ({ target }) => {
    if (!panel.hidden && !place.contains(target) && !target.closest("dialog")) show(false);
  });
  place.addEventListener("keydown", (event) => {
    if (event.key !== "Escape" || panel.hidden) return;
    event.stopPropagation();
    show(false);
    button.focus();
  });
  show(false);
  place.replaceChildren(button, panel);
  return { button, panel, open: () => show(true) };
}

// A session rests while nobody touches the page; an open page alone does not keep an empty desk signed in.
function keepSession(boot) {
  let toldAt = performance.now();
  const touched = () => {
    if (performance.now() - toldAt < SEEN_EVERY_MS) return;
    toldAt = performance.now();
    send("/api/v1/session/seen", {});
  };
  for (const event of ["pointerdown", "keydown", "wheel"]) {
    document.addEventListener(event, touched, { passive: true, capture: true });
  }
  window.setInterval(() => checkPerson(boot), CHECK_EVERY_MS);
}

// Somebody else may have signed in from another tab, or the role may have changed: then the page begins anew,
// since what it does is done in the name of whoever holds the session.
async function checkPerson(boot) {
  if (boot.demo) return;
  const answer = await ask("/api/v1/account");
  if (!answer.ok) return;
  const { name, role } = answer.body;
  if (name !== boot.person.name || role !== boot.person.role) window.location.reload();
}
