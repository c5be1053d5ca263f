// What a person chose to see. The panel is Dash's; this hands it the choice, and news of it now and then.

const REFRESH_MS = 5000;

export function createSelection({ words, city, onChoose }) {
  const panel = document.getElementById("panel");
  let choice = null;
  let refreshedAt = 0;
  let waiting = null;

  const told = () => ({
    ...choice,
    language: words.language,
    font_px: parseFloat(getComputedStyle(document.documentElement).fontSize),
  });
  const tell = () => {
    window.dash_clientside.set_props("selection", { data: choice === null ? null : told() });
  };
  const choose = (site, kind = "", metric = "") => {
    choice = site === null ? null : { site, kind, metric };
    panel.hidden = choice === null;
    refreshedAt = performance.now();
    tell();
    onChoose(site);
  };
  const refresh = () => {
    waiting = null;
    refreshedAt = performance.now();
    if (choice === null) return;
    const key = `${choice.site}/${choice.kind}/${choice.metric}/${words.language}`;
    // Dash writes an object id with its keys in order; until the panel is there, there is nothing to refresh.
    if (!document.getElementById(JSON.stringify({ of: key, part: "chart" }))) return;
    window.dash_clientside.set_props({ of: key, part: "refresh" }, { data: { ...told(), at: refreshedAt } });
  };

  city.onChange((change) => {
    if (choice === null || waiting !== null || !change.touched.has(choice.site)) return;
    waiting = window.setTimeout(refresh, Math.max(0, REFRESH_MS - (performance.now() - refreshedAt)));
  });
  words.onChange(() => choice !== null && tell());
  return { choose, site: () => choice?.site ?? null };
}
