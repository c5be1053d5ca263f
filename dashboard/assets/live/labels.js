// How a site's value, name and rule are put into words; shared by the list and the map's tip.

export function metricOf(boot, item) {
  return boot.kinds[item.kind]?.metrics[item.metric];
}

export function valueText(boot, words, item, value = item.value) {
  if (value === null || value === undefined) return "–";
  const metric = metricOf(boot, item);
  const number = words.number(value, metric?.precision ?? 1);
  const unit = words.of(metric?.unit);
  return unit ? `${number} ${unit}` : number;
}

const LIMIT_SIGNS = { true: "≥", false: "≤" };

// What an alarm says in numbers: the newest value and its limit; where something else decided, a rise or the mean of a
// window, that with its own limit and unit, and then the newest value.
export function measuredTexts(boot, words, row) {
  const newest = row.value === null ? [] : [valueText(boot, words, row)];
  if (row.decided) return [decidedText(words, row.decided), ...newest.map((value) => words.text("alarm_now", { value }))];
  return row.limit === null ? newest : [...newest, limitText(boot, words, row)];
}

function decidedText(words, { what, value, limit, unit, precision, upward }) {
  const told = [words.of(what), words.number(value, precision), words.of(unit)].filter(Boolean).join(" ");
  return `${told} (${words.text("alarm_limit", { limit: `${LIMIT_SIGNS[upward]}\u00a0${words.number(limit, precision)}` })})`;
}

function limitText(boot, words, row) {
  const sign = LIMIT_SIGNS[boot.rules[row.rule]?.upward ?? true];
  return words.text("alarm_limit", { limit: `${sign}\u00a0${words.number(row.limit, metricOf(boot, row)?.precision ?? 1)}` });
}

// How many alarms of an incident stand at how many sites.
export function incidentCountText(words, rows) {
  const sites = new Set(rows.map((row) => row.site)).size;
  return words.text(sites === 1 ? "incident_count_here" : "incident_count", { alarms: rows.length, sites });
}

// A site's name; a simulated one says so wherever the whole page does not.
export function nameText(boot, words, site, name = site?.name) {
  return site?.simulated && !boot.demo ? `${name} (${words.text("simulated")})` : name;
}

export function element(tag, className, content = "") {
  const made = document.createElement(tag);
  if (className) made.className = className;
  if (content !== "") made.append(content);
  return made;
}

// Writes only what changed: the browser paints anew whatever is written, and walls are drawn for weeks.
export function write(target, text) {
  if (target.textContent !== text) target.textContent = text;
}

// An age, told at once and kept by health.js: "2 min" beside the moment, else "2 min ago".
export function ageElement(words, sinceMs, nowMs, { isPlain = true } = {}) {
  const made = element("time");
  made.dataset.since = sinceMs;
  if (isPlain) made.dataset.plain = "1";
  drawSince(made, words, nowMs);
  return made;
}

export function drawSince(time, words, nowMs) {
  const age = nowMs - Number(time.dataset.since);
  write(time, time.dataset.plain ? words.age(age) : words.ago(age));
}
