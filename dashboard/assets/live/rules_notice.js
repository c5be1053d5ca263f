// Rule files that are refused: the data are fine, and the rules that were last right go on, so it is told in a mark of
// its own that leads to the page where the faults stand.

import { write } from "./labels.js";

export function createRulesNotice({ words, city }) {
  const link = document.getElementById("rules-refused");
  const draw = () => {
    const files = city.health?.refused_rules ?? "";
    link.hidden = !files;
    if (!files) return;
    write(link, words.text("rules_refused", { files }));
    link.setAttribute("aria-label", link.textContent);
    link.dataset.short = words.text("rules_refused_short"); // what a phone has room for
    link.title = words.text("rules_refused_explained");
  };
  city.onChange(draw);
  words.onChange(draw);
}
