// The live stream: server-sent events with the browser's own reconnection, and a new start where it gives up.

const EVENTS = ["full", "delta"];
const RESTART_MS = 2000;
const DEAD_AFTER_MS = 15000;

// Calls onMessage(event, message) for ever, and onRefused(status) when the server will not have us.
export function openStream(url, { onMessage, onRefused }) {
  let source = null;
  let heardAt = performance.now();

  const connect = () => {
    source?.close();
    heardAt = performance.now();
    source = new EventSource(url);
    for (const event of EVENTS) {
      source.addEventListener(event, (carrier) => {
        heardAt = performance.now();
        onMessage(event, JSON.parse(carrier.data));
      });
    }
    source.addEventListener("error", () => {
      if (source.readyState === EventSource.CLOSED) refused();
    });
  };

  const refused = async () => {
    try {
      const answer = await fetch("/boot.json", { cache: "no-store" });
      if (answer.status === 401) onRefused(answer.status);
    } catch {
      // the server is away; trying again is all there is to do
    }
    window.setTimeout(connect, RESTART_MS);
  };

  // A connection that died without a word (a cable, a proxy) is only noticed by its silence.
  window.setInterval(() => {
    if (source.readyState === EventSource.OPEN && performance.now() - heardAt > DEAD_AFTER_MS) connect();
  }, 1000);
  connect();
}
