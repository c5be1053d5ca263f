// What a person looks at survives a reload: kept for this tab only, so that two walls do not pull at each other.

const VIEW = "pantau-map-view";

export function storedView() {
  const view = read(VIEW);
  const isWhole = view && [view.lng, view.lat, view.zoom].every(Number.isFinite);
  return isWhole ? { center: [view.lng, view.lat], zoom: view.zoom } : null;
}

export function rememberView(map) {
  const { lng, lat } = map.getCenter();
  write(VIEW, { lng, lat, zoom: map.getZoom() });
}

export function read(key, storage = () => window.sessionStorage) {
  try {
    return JSON.parse(storage().getItem(key));
  } catch {
    return null; // a browser may forbid storage, and a person may write anything into it
  }
}

export function write(key, value, storage = () => window.sessionStorage) {
  try {
    storage().setItem(key, JSON.stringify(value));
  } catch {
    // see read
  }
}
