// Every image on the map by its id: shapes, marks of several sites, and names. An image is drawn when the map first
// asks for it, and all are drawn anew when the theme changes.

import { clusterImage, labelImage, shapeImage } from "./shapes.js";
import { colour } from "./palette.js";

export function keepImages(map, { scale, theme }) {
  const add = (id) => {
    if (map.hasImage(id)) return;
    const drawn = draw(id, scale);
    if (drawn) map.addImage(id, drawn.image, { pixelRatio: drawn.pixelRatio });
  };
  map.on("styleimagemissing", ({ id }) => add(id));
  theme.onChange(() => {
    for (const id of map.listImages()) {
      const drawn = draw(id, scale);
      if (drawn) map.updateImage(id, drawn.image);
    }
  });
}

function draw(id, scale) {
  const [what, which, ...rest] = id.split("|");
  if (what === "shape") return shapeImage(which, (which === "unknown" ? 20 : 26) * scale);
  if (what === "lost") return shapeImage("unknown", 15 * scale);
  if (what === "cluster") return clusterImage(which, rest[0], scale);
  if (what === "label" && which in LOOKS) return labelImage(rest.join("|"), lookOf(which, scale));
  return null;
}

const LOOKS = {
  area: { sizePx: 13, colour: "map-area-name" },
  place: { sizePx: 13, colour: "map-place-name" },
  site: { sizePx: 13, colour: "map-site-name" },
  unknown: { sizePx: 13, colour: "state-unknown", weight: 600, plate: "map-plate" },
  alarm: { sizePx: 15, colour: "text", weight: 700, plate: "map-plate" },
};

function lookOf(which, scale) {
  const look = LOOKS[which];
  return {
    fontPx: look.sizePx * scale,
    colour: colour(look.colour),
    halo: colour("map-halo"),
    weight: look.weight ?? 400,
    plate: look.plate ? colour(look.plate) : "",
  };
}
