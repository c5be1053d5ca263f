// How a site's value, name and rule are put into words; shared by the list and the map's tip.

export function metricOf(boot, item) {
  return boot.kinds[item.kind]?.metrics[item.metric];
}

export function valueText(boot, words, item, value = item.value) {
  if (value === null || value === undefined) return "–";
  const metric = metricOf(boot, item);
  const number = words.number(value, metric?.precision ?? 1);
  return metric?.unit ? `${number} ${metric.unit}` : number;
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
