// Texts, numbers and times in the visitor's language; the catalogue is the server's (dashboard/text/*/*.po).

const STORED = "pantau-language";
const NOW_MS = 2000;

export function createWords(boot) {
  let language = chosenLanguage(boot);
  const listeners = [];

  const text = (key, values = {}) => {
    const found = boot.texts[language]?.[key] ?? key;
    return found.replace(/\{(\w+)\}/g, (whole, name) => values[name] ?? whole);
  };
  const format = (options) => new Intl.DateTimeFormat(locale(language), { timeZone: boot.zone, ...options });

  return {
    text,
    get language() { return language; },
    get other() { return language === "id" ? "en" : "id"; },
    onChange: (listener) => listeners.push(listener),
    choose(next) {
      language = next;
      rememberLanguage(next);
      listeners.forEach((listener) => listener());
    },
    // A text that the rule and kind files give in both languages.
    of: (label) => label?.[language] ?? label?.id ?? "",
    number: (value, precision = 0) => new Intl.NumberFormat(locale(language), {
      minimumFractionDigits: precision, maximumFractionDigits: precision,
    }).format(value),
    // Hours and minutes with the zone's name; with the day when it is not today's.
    moment(ms, nowMs) {
      const day = format({ dateStyle: "short" });
      const time = `${clockText(format, ms)} ${boot.zone_name}`;
      return day.format(ms) === day.format(nowMs) ? time : `${format({ day: "numeric", month: "short" }).format(ms)} ${time}`;
    },
    clock: (ms) => clockText(format, ms, true),
    date: (ms) => format({ weekday: "long", day: "numeric", month: "long", year: "numeric" }).format(ms),
    age: (ageMs) => ageText(text, ageMs),
    ago(ageMs) {
      const age = ageText(text, ageMs);
      return ageMs < NOW_MS ? age : text("age_ago", { age });
    },
  };
}

// Write every text of the frame anew; called at the start and after a change of language.
export function applyTexts(words, root = document) {
  document.documentElement.lang = words.language;
  for (const element of root.querySelectorAll("[data-text]")) element.textContent = words.text(element.dataset.text);
  for (const element of root.querySelectorAll("[data-title]")) element.title = words.text(element.dataset.title);
  for (const element of root.querySelectorAll("[data-placeholder]")) {
    element.placeholder = words.text(element.dataset.placeholder);
  }
  for (const element of root.querySelectorAll("[data-label]")) {
    element.setAttribute("aria-label", words.text(element.dataset.label));
  }
}

function locale(language) {
  return language === "en" ? "en-GB" : "id-ID";
}

function clockText(format, ms, withSeconds = false) {
  const options = { hour: "2-digit", minute: "2-digit", hourCycle: "h23" };
  if (withSeconds) options.second = "2-digit";
  return format(options).format(ms).replaceAll(".", ":");
}

function ageText(text, ageMs) {
  const seconds = Math.max(0, Math.floor(ageMs / 1000));
  if (ageMs < NOW_MS) return text("age_now");
  if (seconds < 60) return text("age_seconds", { count: seconds });
  if (seconds < 3600) return text("age_minutes", { count: Math.floor(seconds / 60) });
  if (seconds < 48 * 3600) return text("age_hours", { count: Math.floor(seconds / 3600) });
  return text("age_days", { count: Math.floor(seconds / 86400) });
}

function chosenLanguage(boot) {
  const asked = new URLSearchParams(window.location.search).get("lang");
  const candidates = [asked, storedLanguage(), boot.language];
  return candidates.find((language) => language in boot.texts) ?? "id";
}

function storedLanguage() {
  try {
    return window.localStorage.getItem(STORED);
  } catch {
    return null; // a browser may forbid storage; the language then lasts as long as the page
  }
}

function rememberLanguage(language) {
  try {
    window.localStorage.setItem(STORED, language);
  } catch {
    // see storedLanguage
  }
}
