// What the page knows of the city: the last full message and the deltas since. No drawing happens here.

export function createCity() {
  const sites = new Map();
  const alarms = new Map();
  const listeners = [];
  const counts = { full: 0, delta: 0 };
  let health = null;
  let serverMs = null;
  let heardAt = performance.now();

  const keep = (map, items) => {
    for (const item of items) map.set(item.id, { ...map.get(item.id), ...item });
  };

  return {
    sites,
    alarms,
    counts,
    get health() { return health; },
    // The server's clock now: a wall's own clock may be wrong.
    now: () => (serverMs === null ? Date.now() : serverMs + (performance.now() - heardAt)),
    silentMs: () => performance.now() - heardAt,
    onChange: (listener) => listeners.push(listener),
    apply(event, message) {
      const gone = event === "full" ? [...alarms.values()] : (message.gone ?? []).map((id) => alarms.get(id));
      if (event === "full") {
        sites.clear();
        alarms.clear();
      }
      keep(sites, message.sites ?? []);
      keep(alarms, message.alarms ?? []);
      if (event !== "full") for (const id of message.gone ?? []) alarms.delete(id);
      health = message.health;
      serverMs = message.at;
      heardAt = performance.now();
      counts[event] += 1;
      const touched = new Set([...(message.sites ?? []).map((site) => site.id),
        ...(message.alarms ?? []).map((alarm) => alarm.site), ...gone.map((alarm) => alarm?.site)]);
      const change = {
        event, touched, sites: message.sites ?? [],
        alarmsChanged: event === "full" || gone.length > 0 || (message.alarms ?? []).length > 0,
      };
      listeners.forEach((listener) => listener(change));
    },
  };
}
