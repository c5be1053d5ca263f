// The live stream: server-sent events with the browser's own reconnection, and a new start where it gives up.
// A browser opens six connections to a server and lets everything beyond them wait, an acknowledgement too: where many
// pages are open, those that nobody sees let go of theirs, but for one that can be heard, which goes on calling.

const EVENTS = ["full", "delta"];
const RESTART_MS = 2000;
const DEAD_AFTER_MS = 15000;
const REST_AFTER_MS = 10000;
const MOST_STREAMS = 3;
const PAGE_LOCK = "pantau-page";
const CALLER_LOCK = "pantau-caller";

// Calls onMessage(event, message) for ever, onRefused(status) when the server will not have us, and onRest when this
// page, unseen, lets go of the stream until somebody looks at it again. `canCall()` tells whether it could be heard.
export function openStream(url, { onMessage, onRefused, onRest, canCall }) {
  const pages = countPages(canCall);
  let isResting = false;
  let source = null;
  let heardAt = performance.now();

  const connect = () => {
    if (isResting) return;
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

  const restUnseen = async () => {
    if (!document.hidden || isResting || !(await pages.mayRest()) || !document.hidden) return;
    isResting = true;
    source.close();
    onRest();
  };
  window.setInterval(restUnseen, REST_AFTER_MS);
  document.addEventListener("visibilitychange", () => {
    if (document.hidden || !isResting) return;
    isResting = false;
    connect();
  });
  connect();
  return { get isResting() { return isResting; } };
}

// Every page holds one lock for as long as it is open, and one that can be heard holds another: it never rests. Without
// locks, which a browser has on encrypted pages and on its own machine only, no page rests.
function countPages(canCall) {
  const forEver = () => new Promise(() => {});
  const { locks } = navigator;
  let isCaller = false;
  locks?.request(PAGE_LOCK, { mode: "shared" }, forEver);
  const becomeCaller = () => locks.request(CALLER_LOCK, { ifAvailable: true }, (lock) => {
    isCaller = lock !== null;
    return lock && forEver();
  });
  return {
    async mayRest() {
      if (!locks || isCaller) return false;
      if (canCall()) becomeCaller();
      const { held } = await locks.query();
      return !isCaller && held.filter(({ name }) => name === PAGE_LOCK).length > MOST_STREAMS;
    },
  };
}
