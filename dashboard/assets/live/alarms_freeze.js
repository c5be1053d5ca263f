// While somebody points at the list or works in it by keyboard, nothing in it moves: a click must hit what was aimed at.

const IDLE_MS = 60000; // a pointer that was left lying there, or a focus that was forgotten, holds nothing up

// `pointed` is the list with its tools: on the way from a row to the button that acknowledges what is shown, nothing
// may be added to what is shown. `focused` is the list alone.
export function createFreeze({ pointed, focused, onRelease }) {
  let isPointed = false;
  let movedAt = -Infinity;

  const touch = () => { movedAt = performance.now(); };
  const isFocused = () => focused.contains(document.activeElement);
  const isHeld = () => (isPointed || isFocused()) && performance.now() - movedAt < IDLE_MS;
  const release = () => { if (!isHeld()) onRelease(); };

  // A finger points only while it touches: it holds the list by the focus that its tap leaves behind.
  pointed.addEventListener("pointerenter", (event) => {
    isPointed = event.pointerType === "mouse";
    touch();
  });
  pointed.addEventListener("pointerleave", () => {
    isPointed = false;
    release();
  });
  for (const name of ["pointermove", "pointerdown", "keydown", "focusin", "wheel"]) {
    pointed.addEventListener(name, touch, { passive: true });
  }
  // The focus is nowhere for a moment while it goes from one element to the next.
  pointed.addEventListener("focusout", () => window.setTimeout(release, 0));
  window.setInterval(release, 5000);
  return { isHeld };
}
