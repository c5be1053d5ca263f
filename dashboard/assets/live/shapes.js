// The shape of each state, said once: as SVG beside words, as a canvas image on the map.
// Colours come from tokens.css. Unknown is hollow and hatched, so that it never looks like good.

const BOX = 24;

const OUTLINES = {
  normal: "M12 6a6 6 0 1 0 .001 0Z",
  low: "M5 5h14v14H5Z",
  medium: "M12 2 22 12 12 22 2 12Z",
  high: "M12 2.5 22.5 21h-21Z",
  critical: "M8 1.5h8L22.500 8v8L16 22.500H8L1.500 16V8Z",
  unknown: "M12 4a8 8 0 1 0 .001 0Z",
};

// Drawn over the filled outline in the colour of the ground.
const MARKS = {
  high: "M12 9v6M12 17.200v1",
  critical: "M12 6v7.500M12 16.500v1.500",
};

const HATCH = "M6.300 14 14 6.300M7.500 17.500 17.500 7.500M10 17.700 17.700 10";

export const RANK = { critical: 4, high: 3, medium: 2, low: 1, unknown: 0, normal: -1 };

export function stateColour(state) {
  const name = state in OUTLINES ? state : "unknown";
  return getComputedStyle(document.documentElement).getPropertyValue(`--state-${name}`).trim();
}

export function shapeSvg(state, sizeRem = 1.4) {
  const svg = svgElement("svg", { viewBox: `0 0 ${BOX} ${BOX}`, class: "shape", "aria-hidden": "true" });
  svg.style.width = svg.style.height = `${sizeRem}rem`;
  const colour = stateColour(state);
  const outline = OUTLINES[state] ?? OUTLINES.unknown;
  const hollow = outline === OUTLINES.unknown;
  svg.append(svgElement("path", hollow
    ? { d: outline, fill: "none", stroke: colour, "stroke-width": 2 }
    : { d: outline, fill: colour }));
  const mark = hollow ? HATCH : MARKS[state];
  if (mark) {
    svg.append(svgElement("path", {
      d: mark, fill: "none", stroke: hollow ? colour : "#0b1219",
      "stroke-width": hollow ? 1.4 : 2.6, "stroke-linecap": "round",
    }));
  }
  return svg;
}

// Returns { image, pixelRatio } for MapLibre's addImage; `sizePx` in CSS pixels.
export function shapeImage(state, sizePx) {
  const pixelRatio = Math.max(2, window.devicePixelRatio || 1);
  const canvas = canvasOf(sizePx * pixelRatio, sizePx * pixelRatio);
  const pen = canvas.getContext("2d");
  pen.scale((sizePx * pixelRatio) / BOX, (sizePx * pixelRatio) / BOX);
  const outline = new Path2D(OUTLINES[state]);
  const colour = stateColour(state);
  pen.lineJoin = pen.lineCap = "round";
  if (state === "unknown") {
    stroke(pen, outline, "#0b1219", 4.5);
    pen.fillStyle = "rgba(11, 18, 25, 0.75)";
    pen.fill(outline);
    stroke(pen, new Path2D(HATCH), colour, 1.4);
    stroke(pen, outline, colour, 2);
  } else {
    pen.fillStyle = colour;
    pen.fill(outline);
    stroke(pen, outline, "#0b1219", 1.5);
    if (MARKS[state]) stroke(pen, new Path2D(MARKS[state]), "#0b1219", 2.6);
  }
  return imageOf(canvas, pixelRatio);
}

// A name drawn as an image: MapLibre's own text would need a glyph server.
export function labelImage(text, { fontPx, colour, weight = 400, plate = "" }) {
  const pixelRatio = Math.max(2, window.devicePixelRatio || 1);
  const font = `${weight} ${fontPx * pixelRatio}px ${getComputedStyle(document.body).fontFamily}`;
  const probe = canvasOf(1, 1).getContext("2d");
  probe.font = font;
  const margin = fontPx * pixelRatio * 0.4;
  const width = Math.ceil(probe.measureText(text).width + 2 * margin);
  const height = Math.ceil(fontPx * pixelRatio * 1.6);
  const canvas = canvasOf(width, height);
  const pen = canvas.getContext("2d");
  if (plate) {
    pen.fillStyle = plate;
    pen.beginPath();
    pen.roundRect(0, 0, width, height, height * 0.2);
    pen.fill();
  }
  pen.font = font;
  pen.textBaseline = "middle";
  pen.lineJoin = "round";
  pen.lineWidth = fontPx * pixelRatio * 0.28;
  pen.strokeStyle = "rgba(11, 18, 25, 0.9)";
  if (!plate) pen.strokeText(text, margin, height / 2);
  pen.fillStyle = colour;
  pen.fillText(text, margin, height / 2);
  return imageOf(canvas, pixelRatio);
}

function stroke(pen, path, colour, width) {
  pen.strokeStyle = colour;
  pen.lineWidth = width;
  pen.stroke(path);
}

function canvasOf(width, height) {
  const canvas = document.createElement("canvas");
  canvas.width = Math.ceil(width);
  canvas.height = Math.ceil(height);
  return canvas;
}

function imageOf(canvas, pixelRatio) {
  const image = canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height);
  return { image, pixelRatio };
}

function svgElement(tag, attributes) {
  const element = document.createElementNS("http://www.w3.org/2000/svg", tag);
  for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
  return element;
}
