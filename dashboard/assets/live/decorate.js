// Shapes and states inside what Dash renders: it leaves marked places, these functions fill them.

import { shapeSvg } from "./shapes.js";

export function keepDecorated(root, { words, city }) {
  const draw = () => decorate(root, { words, city });
  new MutationObserver(draw).observe(root, {
    childList: true, subtree: true, attributes: true, attributeFilter: ["data-shape", "data-state-of"],
  });
  city.onChange(draw);
  words.onChange(draw);
  draw();
}

function decorate(root, { words, city }) {
  for (const place of root.querySelectorAll("[data-shape]")) fill(place, place.dataset.shape, [shapeSvg(place.dataset.shape)]);
  for (const place of root.querySelectorAll("[data-state-of]")) {
    const state = city.sites.get(place.dataset.stateOf)?.state ?? "unknown";
    const word = words.text(`state_${state}`);
    place.classList.add("state-chip");
    fill(place, state + word, [shapeSvg(state), word]);
  }
}

// Writes only when something else is wanted: each writing is a mutation that is observed again.
function fill(place, wanted, content) {
  if (place.dataset.filled === wanted && place.hasChildNodes()) return;
  place.dataset.filled = wanted;
  place.replaceChildren(...content);
}
