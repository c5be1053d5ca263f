// What keeps a wall right for weeks: the screen stays awake, the page starts afresh once a night and after an
// upgrade. It only ever reloads when the server answers, so that a wall never shows a browser's error page.

const LOOK_EVERY_MS = 60000;
const NIGHT_HOUR = 4;
const OLD_ENOUGH_MS = 2 * 3600 * 1000;

export function keepAlive({ boot, city, isShown }) {
  const startedAt = performance.now();
  let held = null;

  const stayAwake = async () => {
    if (!isShown() || document.visibilityState !== "visible" || !navigator.wakeLock || held !== null) return;
    try {
      held = await navigator.wakeLock.request("screen");
      held.addEventListener("release", () => { held = null; });
    } catch {
      held = null; // the browser or its power settings say no; the system's own settings then decide
    }
  };
  const look = async () => {
    if (!isShown()) return;
    stayAwake();
    const now = await currentBoot();
    if (now === null) return;
    const isNight = hourOf(city.now(), boot.zone) === NIGHT_HOUR && performance.now() - startedAt > OLD_ENOUGH_MS;
    if (isNight || now.version !== boot.version) window.location.reload();
  };

  document.addEventListener("visibilitychange", stayAwake);
  window.setInterval(look, LOOK_EVERY_MS);
  stayAwake();
}

async function currentBoot() {
  try {
    const answer = await fetch("/api/v1/version", { cache: "no-store" });
    return answer.ok ? await answer.json() : null;
  } catch {
    return null; // the server is away: the banner says so, and this page goes on
  }
}

function hourOf(ms, zone) {
  return Number(new Intl.DateTimeFormat("en-GB", { timeZone: zone, hour: "2-digit", hourCycle: "h23" }).format(ms));
}
