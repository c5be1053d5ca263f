// The shape of each state, said once: as SVG beside words, as a canvas image on the map.
// Colours come from tokens.css. Unknown is hollow and hatched, so that it never looks like good.

import { colour } from "./palette.js";

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

export const STATES = Object.keys(RANK);

// Told as CSS variables, so that a shape beside words follows the theme by itself.
export function shapeSvg(state, sizeRem = 1.4) {
  const svg = svgElement("svg", { viewBox: `0 0 ${BOX} ${BOX}`, class: "shape", "aria-hidden": "true" });
  svg.style.width = svg.style.height = `${sizeRem}rem`;
  const name = state in OUTLINES ? state : "unknown";
  const own = `var(--state-${name})`;
  const isHollow = name === "unknown";
  svg.append(svgPath(OUTLINES[name], isHollow ? { stroke: own, strokeWidth: 2 } : { fill: own }));
  if (isHollow) svg.append(svgPath(HATCH, { stroke: own, strokeWidth: 1.4 }));
  else if (MARKS[name]) svg.append(svgPath(MARKS[name], { stroke: "var(--shape-mark)", strokeWidth: 2.6 }));
  return svg;
}

// Returns { image, pixelRatio } for MapLibre's addImage; `sizePx` in CSS pixels.
export function shapeImage(state, sizePx) {
  const pixelRatio = densityOf();
  const canvas = canvasOf(sizePx * pixelRatio, sizePx * pixelRatio);
  drawShape(penOf(canvas), state, sizePx * pixelRatio);
  return imageOf(canvas, pixelRatio);
}

// Several sites as one mark: the worst one's shape, and how many there are.
export function clusterImage(state, count, scale) {
  const pixelRatio = densityOf();
  const px = scale * pixelRatio;
  const font = `700 ${15 * px}px ${fontFamily()}`;
  const height = 32 * px;
  const canvas = canvasOf(height + widthOf(count, font) + 9 * px, height);
  const pen = penOf(canvas);
  pen.fillStyle = colour("map-plate");
  pen.strokeStyle = colour(`state-${state}`);
  pen.lineWidth = 2 * px;
  pen.beginPath();
  pen.roundRect(px, px, canvas.width - 2 * px, height - 2 * px, height / 2);
  pen.fill();
  pen.stroke();
  pen.translate(5 * px, 5 * px);
  drawShape(pen, state, 22 * px);
  pen.resetTransform();
  write(pen, count, { font, colour: colour("text"), left: 30 * px, middle: height / 2 });
  return imageOf(canvas, pixelRatio);
}

// A name drawn as an image: MapLibre's own text would need a glyph server.
export function labelImage(text, look) {
  const pixelRatio = densityOf();
  const size = look.fontPx * pixelRatio;
  const font = `${look.weight} ${size}px ${fontFamily()}`;
  const margin = size * 0.4;
  const canvas = canvasOf(widthOf(text, font) + 2 * margin, size * 1.6);
  const pen = penOf(canvas);
  if (look.plate) {
    pen.fillStyle = look.plate;
    pen.beginPath();
    pen.roundRect(0, 0, canvas.width, canvas.height, canvas.height * 0.2);
    pen.fill();
  }
  const halo = look.plate ? "" : look.halo;
  write(pen, text, { font, colour: look.colour, left: margin, middle: canvas.height / 2, halo, haloWidth: size * 0.28 });
  return imageOf(canvas, pixelRatio);
}

function drawShape(pen, state, sizePx) {
  pen.save();
  pen.scale(sizePx / BOX, sizePx / BOX);
  const outline = new Path2D(OUTLINES[state]);
  const own = colour(`state-${state}`);
  pen.lineJoin = pen.lineCap = "round";
  if (state === "unknown") {
    stroke(pen, outline, colour("map-halo"), 4.5);
    pen.fillStyle = colour("map-plate");
    pen.fill(outline);
    stroke(pen, new Path2D(HATCH), own, 1.4);
    stroke(pen, outline, own, 2);
  } else {
    pen.fillStyle = own;
    pen.fill(outline);
    stroke(pen, outline, colour("map-halo"), 1.5);
    if (MARKS[state]) stroke(pen, new Path2D(MARKS[state]), colour("shape-mark"), 2.6);
  }
  pen.restore();
}

function write(pen, text, { font, colour: ink, left, middle, halo = "", haloWidth = 0 }) {
  pen.font = font;
  pen.textBaseline = "middle";
  pen.lineJoin = "round";
  pen.lineWidth = haloWidth;
  pen.strokeStyle = halo;
  if (halo) pen.strokeText(text, left, middle);
  pen.fillStyle = ink;
  pen.fillText(text, left, middle);
}

function widthOf(text, font) {
  const probe = penOf(canvasOf(1, 1));
  probe.font = font;
  return probe.measureText(text).width;
}

function fontFamily() {
  return getComputedStyle(document.body).fontFamily;
}

function densityOf() {
  return Math.max(2, window.devicePixelRatio || 1);
}

function stroke(pen, path, ink, width) {
  pen.strokeStyle = ink;
  pen.lineWidth = width;
  pen.stroke(path);
}

function canvasOf(width, height) {
  const canvas = document.createElement("canvas");
  canvas.width = Math.ceil(width);
  canvas.height = Math.ceil(height);
  return canvas;
}

// Drawn by the processor: every picture is read back at once, and to read it from a graphics card waits for all else.
function penOf(canvas) {
  return canvas.getContext("2d", { willReadFrequently: true });
}

function imageOf(canvas, pixelRatio) {
  const image = penOf(canvas).getImageData(0, 0, canvas.width, canvas.height);
  return { image, pixelRatio };
}

function svgPath(outline, { fill = "none", stroke: line = "none", strokeWidth = 0 }) {
  const path = svgElement("path", { d: outline, "stroke-width": strokeWidth, "stroke-linecap": "round" });
  path.style.fill = fill;
  path.style.stroke = line;
  return path;
}

function svgElement(tag, attributes) {
  const element = document.createElementNS("http://www.w3.org/2000/svg", tag);
  for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
  return element;
}
