// The look for a dark room and for a bright one. Every colour is a token (tokens.css); what is drawn on a canvas
// listens for a change and draws anew.

const STORED = "pantau-theme";

export function createTheme({ words }) {
  const button = document.getElementById("theme");
  const listeners = [];
  let theme = asked() ?? stored() ?? "dark";

  const apply = () => {
    document.documentElement.dataset.theme = theme;
    button.textContent = words.text(theme === "dark" ? "theme_light" : "theme_dark");
  };
  button.addEventListener("click", () => {
    theme = theme === "dark" ? "light" : "dark";
    remember(theme);
    apply();
    listeners.forEach((listener) => listener(theme));
  });
  words.onChange(apply);
  apply();
  return {
    get name() { return theme; },
    onChange: (listener) => listeners.push(listener),
  };
}

function asked() {
  const name = new URLSearchParams(window.location.search).get("theme");
  return ["dark", "light"].includes(name) ? name : null;
}

function stored() {
  try {
    return window.localStorage.getItem(STORED);
  } catch {
    return null; // a browser may forbid storage; the theme then lasts as long as the page
  }
}

function remember(name) {
  try {
    window.localStorage.setItem(STORED, name);
  } catch {
    // see stored
  }
}
