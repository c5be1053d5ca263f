// Which rows a person has had on the screen since the list was last arranged: what is acknowledged in one go must have
// been seen. A row counts when half of it is in sight; one that alarms anew is unseen anew.

export function createSeen({ area, onMore }) {
  const seen = new Map(); // row id to the begin of the alarm that was seen
  let standing = []; // [{ node, row }]

  const look = () => {
    if (document.hidden) return false;
    const { top, bottom } = windowOf(area);
    let isMore = false;
    for (const { node, row } of standing) {
      if (seen.get(row.id) === row.raised_at || !isInSight(node, top, bottom)) continue;
      seen.set(row.id, row.raised_at);
      isMore = true;
    }
    return isMore;
  };
  const lookAgain = () => { if (look()) onMore(); };
  document.addEventListener("scroll", lookAgain, { capture: true, passive: true });
  document.addEventListener("visibilitychange", lookAgain);
  window.addEventListener("resize", lookAgain);
  return {
    stand(rows) {
      standing = rows;
      look();
    },
    forget: () => seen.clear(),
    has: (row) => seen.has(row.id) && seen.get(row.id) === row.raised_at,
  };
}

function windowOf(area) {
  const box = area.getBoundingClientRect();
  return { top: Math.max(0, box.top), bottom: Math.min(window.innerHeight, box.bottom) };
}

function isInSight(node, top, bottom) {
  const box = node.getBoundingClientRect();
  const shown = Math.min(bottom, box.bottom) - Math.max(top, box.top);
  return box.height > 0 && shown >= Math.min(box.height, bottom - top) / 2;
}
