// While somebody points at the list or works in it by keyboard, nothing in it moves: a click must hit what was aimed at.

const IDLE_MS = 60000; // a pointer that was left lying there, or a focus that was forgotten, holds nothing up

export function createFreeze(area, { onRelease }) {
  let isPointed = false;
  let movedAt = -Infinity;

  const touch = () => { movedAt = performance.now(); };
  const isFocused = () => area.contains(document.activeElement);
  const isHeld = () => (isPointed || isFocused()) && performance.now() - movedAt < IDLE_MS;
  const release = () => { if (!isHeld()) onRelease(); };

  // A finger points only while it touches: it holds the list by the focus that its tap leaves behind.
  area.addEventListener("pointerenter", (event) => {
    isPointed = event.pointerType === "mouse";
    touch();
  });
  area.addEventListener("pointerleave", () => {
    isPointed = false;
    release();
  });
  for (const name of ["pointermove", "pointerdown", "keydown", "focusin", "wheel"]) {
    area.addEventListener(name, touch, { passive: true });
  }
  // The focus is nowhere for a moment while it goes from one element to the next.
  area.addEventListener("focusout", () => window.setTimeout(release, 0));
  window.setInterval(release, 5000);
  return { isHeld };
}
