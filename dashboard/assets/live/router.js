// Which page is shown. All pages live in one frame: a change of page loads nothing, so that the stream goes on,
// the horn stays allowed to sound, and the map keeps its view.

export function createRouter({ paths }) {
  const listeners = [];
  const nameOf = (path) => Object.keys(paths).find((name) => paths[name] === path) ?? "map";
  let shown = null;

  const show = () => {
    const name = nameOf(window.location.pathname);
    if (name === shown) return;
    shown = name;
    document.body.dataset.view = name;
    for (const view of document.querySelectorAll(".view")) view.hidden = view.id !== `view-${name}`;
    for (const link of document.querySelectorAll("a[data-view]")) {
      if (link.dataset.view === name) link.setAttribute("aria-current", "page");
      else link.removeAttribute("aria-current");
    }
    listeners.forEach((listener) => listener(name));
  };
  const go = (name) => {
    if (name !== shown) window.history.pushState(null, "", paths[name] + languageAsked());
    show();
  };

  document.addEventListener("click", (event) => {
    const link = event.target.closest("a[data-view]");
    if (!link || event.button !== 0 || event.ctrlKey || event.metaKey || event.shiftKey) return;
    event.preventDefault();
    go(link.dataset.view);
  });
  window.addEventListener("popstate", show);
  return {
    go,
    start: show,
    get shown() { return shown; },
    // `listener(name)` is called each time another page is shown, the first one included.
    onShow: (listener) => listeners.push(listener),
  };
}

// A language that the address asks for stays asked for.
function languageAsked() {
  const asked = new URLSearchParams(window.location.search).get("lang");
  return asked ? `?lang=${asked}` : "";
}
