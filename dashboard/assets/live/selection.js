// What a person chose to see. The panel is Dash's; this hands it the choice, and news of it now and then.

import { read, write } from "./viewport.js";

const STORED = "pantau-selection";
// A longer span is read less often: its picture changes more slowly than it costs. A state, flag or silence that turns is
// read as soon as with a short one: what stands beside a value has to fit it.
const REFRESH_MS = { "6h": 5000, "24h": 5000, "7d": 30000, "30d": 120000 };

export function createSelection({ words, theme, city, onChoose }) {
  const panel = document.getElementById("panel");
  let choice = null;
  let refreshedAt = 0;
  let waiting = null;

  const told = () => ({
    ...choice,
    language: words.language,
    theme: theme.name,
    font_px: parseFloat(getComputedStyle(document.documentElement).fontSize),
  });
  const tell = () => {
    panel.hidden = choice === null;
    refreshedAt = performance.now();
    window.dash_clientside.set_props("selection", { data: choice === null ? null : told() });
  };
  const choose = (site, { kind = "", metric = "", span = choice?.span ?? "24h" } = {}) => {
    choice = site === null ? null : { site, kind, metric, span };
    write(STORED, choice);
    tell();
    onChoose(site);
  };
  const refresh = () => {
    waiting = null;
    refreshedAt = performance.now();
    if (choice === null) return;
    const key = [choice.site, choice.kind, choice.metric, choice.span, words.language].join("/");
    // Dash writes an object id with its keys in order; until the panel is there, there is nothing to refresh.
    if (!document.getElementById(JSON.stringify({ of: key, part: "chart" }))) return;
    window.dash_clientside.set_props({ of: key, part: "refresh" }, { data: { ...told(), at: refreshedAt } });
  };

  city.onChange((change) => {
    if (choice === null || !change.touches(choice.site)) return;
    const isTurned = change.turned.some((site) => site.id === choice.site);
    if (waiting !== null && !isTurned) return;
    window.clearTimeout(waiting);
    const pauseMs = REFRESH_MS[isTurned ? "24h" : choice.span] ?? REFRESH_MS["24h"];
    waiting = window.setTimeout(refresh, Math.max(0, refreshedAt + pauseMs - performance.now()));
  });
  words.onChange(() => choice !== null && tell());
  theme.onChange(refresh); // takes new colours; the zoom of the chart stays
  return {
    choose,
    site: () => choice?.site ?? null,
    metric: (kind, metric) => choose(choice.site, { kind, metric }),
    span: (span) => choose(choice.site, { ...choice, span }),
    // What was open before a reload is open again.
    restore() {
      const stored = read(STORED);
      if (typeof stored?.site === "string") choose(stored.site, stored);
    },
  };
}
