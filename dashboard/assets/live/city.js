// What the page knows of the city: the last full message and the deltas since. No drawing happens here.

export function createCity() {
  const sites = new Map();
  const rows = new Map(); // the alarm list: one row per rule and site
  const listeners = [];
  let ordered = []; // the sites as the last full message told them
  const byState = new Map(); // state to the sites that are in it, kept up as they turn
  const counts = { full: 0, delta: 0 };
  let incidents = [];
  let change = 0;
  let health = null;
  let serverMs = null;
  let heardAt = performance.now();

  const keep = (map, items) => {
    for (const item of items) map.set(item.id, { ...map.get(item.id), ...item });
  };
  // What is told of a site replaces what was known; the rest stands. Whole sites are handed on.
  const keepSites = (items) => items.map((item) => {
    const site = sites.get(item.id) ?? {};
    byState.get(site.state)?.delete(site);
    Object.assign(site, item);
    sites.set(site.id, site);
    if (!byState.has(site.state)) byState.set(site.state, new Set());
    byState.get(site.state).add(site);
    return site;
  });
  // Most sites only have a newer value: these come in columns, and a site is its place in the last full message.
  const keepValues = ({ of, value, age_ms: ageMs }, at) => of.map((number, position) => {
    const site = ordered[number];
    site.value = value[position];
    site.observed_at = at - ageMs[position];
    return site;
  });

  return {
    sites,
    rows,
    counts,
    get incidents() { return incidents; },
    // Number of the newest line of the alarm journal that this page knows: what a person acting here has seen.
    get change() { return change; },
    get health() { return health; },
    // The server's clock now: a wall's own clock may be wrong.
    now: () => (serverMs === null ? Date.now() : serverMs + (performance.now() - heardAt)),
    silentMs: () => performance.now() - heardAt,
    onChange: (listener) => listeners.push(listener),
    count: (state) => byState.get(state)?.size ?? 0,
    // The sites that are not normal: mostly few, so nobody has to look at all for them.
    unwell: () => [...byState].flatMap(([state, found]) => (state === "normal" ? [] : [...found])),
    apply(event, message) {
      const gone = event === "full" ? [...rows.values()] : (message.gone ?? []).map((key) => rows.get(key));
      if (event === "full") {
        sites.clear();
        byState.clear();
        rows.clear();
      }
      const turned = keepSites(message.sites ?? []);
      if (event === "full") ordered = turned;
      const newer = message.values ? keepValues(message.values, message.at) : [];
      const changed = [...turned, ...newer];
      keep(rows, message.rows ?? []);
      if (event !== "full") for (const key of message.gone ?? []) rows.delete(key);
      incidents = message.incidents ?? incidents;
      change = message.change ?? change;
      health = message.health;
      serverMs = message.at;
      heardAt = performance.now();
      counts[event] += 1;
      const touchedRows = [...(message.rows ?? []), ...gone];
      const news = {
        event, sites: changed, turned,
        touches: (id) => changed.some((site) => site.id === id) || touchedRows.some((row) => row?.site === id),
        alarmsChanged: event === "full" || gone.length > 0 || Boolean(message.rows || message.incidents),
      };
      listeners.forEach((listener) => listener(news));
    },
  };
}
