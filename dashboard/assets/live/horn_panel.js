// What is seen of the horn in the header: how much calls, the way to silence it, and its settings.

import { element } from "./labels.js";
import { shapeSvg } from "./shapes.js";

export function createHornPanel({ words, place, severities, settings, silence, unlock, change, attempt }) {
  const link = element("a", "horn-count");
  link.href = "/alarms";
  link.dataset.view = "alarms";
  const hush = button(silence);
  const locked = button(unlock, "quiet-button horn-locked");
  const opener = button(() => { box.hidden = !box.hidden; fill(); }, "quiet-button horn-opener");
  opener.setAttribute("aria-expanded", "false");
  const box = element("div", "horn-settings");
  box.hidden = true;
  place.replaceChildren(link, hush, locked, opener, box);
  let version = "";

  const shut = () => {
    if (box.hidden) return;
    box.hidden = true;
    fill();
  };
  document.addEventListener("pointerdown", ({ target }) => !place.contains(target) && shut());
  place.addEventListener("keydown", (event) => {
    if (event.key !== "Escape" || box.hidden) return;
    event.stopPropagation(); // it closes this, and not also what is behind it
    shut();
    opener.focus();
  });

  const draw = ({ count, severity, isLoud, isSilenced, isLocked }) => {
    const wanted = JSON.stringify([count, severity, isLoud, isSilenced, isLocked, words.language, document.documentElement.dataset.theme]);
    if (wanted === version) return; // text that is written anew is read aloud anew
    version = wanted;
    place.classList.toggle("is-calling", count > 0);
    place.classList.toggle("is-loud", isLoud);
    place.dataset.severity = severity;
    link.hidden = count === 0;
    link.replaceChildren(shapeSvg(severity, 1.2), words.text("horn_calling", { count }));
    if (count > 0 && !isLoud) link.append(` · ${words.text(isSilenced ? "horn_silenced" : "horn_not_wanted")}`);
    hush.hidden = !isLoud || isLocked; // what cannot be heard needs no silence
    hush.textContent = words.text("horn_silence");
    locked.hidden = !isLocked;
    locked.textContent = words.text("horn_locked");
    locked.title = words.text("horn_locked_explained");
    opener.textContent = words.text("horn_settings");
    fill();
  };
  const fill = () => {
    opener.setAttribute("aria-expanded", String(!box.hidden));
    if (box.hidden) return;
    box.replaceChildren(volumeField(), ...severities.map(severityField));
  };
  const volumeField = () => {
    const slider = element("input");
    Object.assign(slider, { type: "range", min: 0, max: 1, step: 0.1, value: settings().volume });
    slider.addEventListener("change", () => change({ volume: Number(slider.value) }));
    const label = element("label", "field", words.text("horn_volume"));
    label.append(slider);
    return label;
  };
  const severityField = (severity) => {
    const name = words.text(`severity_${severity}`);
    const check = element("input");
    Object.assign(check, { type: "checkbox", checked: settings().on[severity] });
    check.addEventListener("change", () => change({ on: { [severity]: check.checked } }));
    const label = element("label", "choice", check);
    label.append(shapeSvg(severity, 1), `${words.text("horn_on")} ${name}`);
    const line = element("div", "horn-line", label);
    const sample = button(() => attempt(severity));
    sample.textContent = words.text("horn_try", { severity: name });
    line.append(sample);
    return line;
  };
  return { draw };
}

function button(onClick, className = "quiet-button") {
  const made = element("button", className);
  made.type = "button";
  made.addEventListener("click", onClick);
  return made;
}
