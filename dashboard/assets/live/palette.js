// Colours for what is drawn on a canvas: the tokens of tokens.css as they are under the present theme.

export function colour(name) {
  return getComputedStyle(document.documentElement).getPropertyValue(`--${name}`).trim();
}

// Every layer's paint anew from freshly made layers: after a change of theme, without touching sources or view.
export function repaint(map, layers) {
  for (const { id, paint } of layers) {
    if (!map.getLayer(id)) continue;
    for (const [property, value] of Object.entries(paint ?? {})) map.setPaintProperty(id, property, value);
  }
}
