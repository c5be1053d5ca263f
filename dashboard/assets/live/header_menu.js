// On a phone or tablet the header keeps to what must be seen; sound, account, theme and language stand behind this button.
// Whether the button is there at all is the style sheet's to say (page.css).

export function createHeaderMenu() {
  const button = document.getElementById("menu");
  const strip = button.parentElement;
  const show = (isOpen) => {
    strip.classList.toggle("is-open", isOpen);
    button.setAttribute("aria-expanded", String(isOpen));
  };
  button.addEventListener("click", () => show(!strip.classList.contains("is-open")));
  strip.addEventListener("keydown", (event) => {
    if (event.key !== "Escape" || !strip.classList.contains("is-open") || button.offsetParent === null) return;
    event.stopPropagation(); // it closes this, and not also what is behind it
    show(false);
    button.focus();
  });
  show(false);
}
