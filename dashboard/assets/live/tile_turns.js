// The map library forgets one of two requests for the same tile that run at once, and keeps what waits for its answer
// for ever (maplibre-gl-js #6154, #7826): with each alarm a little more. So a tile is loaded once at a time, and what is
// asked for meanwhile is done once, afterwards.

export function loadInTurns(source) {
  const load = source.loadTile.bind(source);
  const running = new WeakMap(); // tile to its load
  const waiting = new WeakMap(); // tile to the load after that

  const begin = (tile) => {
    const loading = load(tile).finally(() => running.get(tile) === loading && running.delete(tile));
    running.set(tile, loading);
    return loading;
  };
  const afterwards = (tile, before) => {
    const next = () => {
      waiting.delete(tile);
      if (tile.state === "loaded") tile.state = "reloading";
      return begin(tile);
    };
    const turn = before.then(next, next);
    waiting.set(tile, turn);
    return turn;
  };
  source.loadTile = (tile) => {
    const before = running.get(tile);
    if (!before || tile.aborted) return begin(tile); // an aborted load is never answered
    return waiting.get(tile) ?? afterwards(tile, before);
  };
}
