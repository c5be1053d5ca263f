// The load of the last hours as a strip of bars beside the bands of ISA-18.2: one bar is ten minutes.

import { element } from "./labels.js";

const SPACE = "http://www.w3.org/2000/svg";
const WIDTH = 480;
const HEIGHT = 110;
const BANDS = {
  acceptable: "shift_band_acceptable",
  manageable: "shift_band_manageable",
  overload: "shift_band_overload",
  flood: "shift_band_flood",
};
// What is written on the lines: where the next band begins.
const LINES = [1, 2, 10];

export function drawLoad(target, words, board) {
  const now = board.load_now;
  const figure = element("p", "load-now");
  figure.append(
    element("strong", "", words.number(now.per_operator, 1)), " ",
    element("span", `band band-${now.band}`, words.text(BANDS[now.band])),
  );
  const about = words.text("shift_load_explained", {
    count: words.number(now.count), operators: words.number(now.operators),
  });
  target.replaceChildren(figure, element("p", "muted", about), strip(words, board.bars), legend(words, board.bars));
}

function strip(words, bars) {
  const top = Math.max(3, ...bars.map((bar) => bar.per_operator)) * 1.05;
  const height = (value) => (value / top) * (HEIGHT - 4);
  const svg = made("svg", { viewBox: `0 0 ${WIDTH} ${HEIGHT}`, class: "load-strip", role: "img", preserveAspectRatio: "none" });
  const peak = Math.max(...bars.map((bar) => bar.per_operator));
  svg.setAttribute("aria-label", words.text("shift_bars_label", { peak: words.number(peak, 1) }));
  for (const line of LINES.filter((value) => value < top)) {
    const y = HEIGHT - height(line);
    svg.append(made("line", { x1: 0, x2: WIDTH, y1: y, y2: y, class: "load-line" }));
  }
  const wide = WIDTH / bars.length;
  bars.forEach((bar, place) => {
    const tall = Math.max(height(bar.per_operator), bar.count > 0 ? 2 : 0.6);
    const drawn = made("rect", {
      x: place * wide + 0.8, width: wide - 1.6, y: HEIGHT - tall, height: tall, class: `load-bar band-${bar.band}`,
    });
    const said = made("title", {});
    said.textContent = words.text("shift_bar", {
      time: words.moment(bar.at, bar.at), count: words.number(bar.count), operators: words.number(bar.operators),
    });
    drawn.append(said);
    svg.append(drawn);
  });
  return svg;
}

function legend(words, bars) {
  const line = element("p", "load-legend muted");
  line.append(
    element("span", "", words.moment(bars[0].at, bars[0].at)),
    element("span", "", words.text("shift_lines")),
    element("span", "", words.text("shift_now")),
  );
  return line;
}

function made(tag, attributes) {
  const element = document.createElementNS(SPACE, tag);
  for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
  return element;
}
