// The horn: sounds for alarms that nobody has acknowledged, until somebody does or silences them on this screen;
// and what says the same to the eye, in the header of every page and in the window's title.

import { calls, worstOf } from "./alarm_state.js";
import { createHornPanel } from "./horn_panel.js";
import { createSound } from "./horn_sound.js";

const STORED = "pantau-horn";
const SEVERITIES = ["critical", "high", "medium", "low"];
// How long until it sounds again, in ms: ISA-18.2 wants the urgent ones told apart by ear.
const AGAIN_MS = { critical: 3000, high: 8000, medium: 20000, low: 60000 };
const DEFAULTS = { volume: 0.6, on: { critical: true, high: true, medium: true, low: false } };

export function createHorn({ words, city, place }) {
  const title = document.title;
  const sound = createSound();
  const silenced = new Set();
  let settings = stored();
  let soundedAt = -Infinity;
  let sounded = 0;
  let isResting = false;

  // A rule that speaks anew, or that comes back from a shelf, is a new call.
  const callOf = (row) => `${row.id}@${row.raised_at}`;
  const calling = () => [...city.rows.values()].filter(calls);
  const loud = () => calling().filter((row) => settings.on[row.severity] && !silenced.has(callOf(row)));

  const look = () => {
    isResting = false;
    const standing = new Set(calling().map(callOf));
    for (const call of silenced) if (!standing.has(call)) silenced.delete(call);
    ring();
    draw();
  };
  const ring = () => {
    const rows = loud();
    if (isResting) return;
    if (rows.length === 0) { soundedAt = -Infinity; return; }
    const severity = worstOf(rows);
    if (performance.now() - soundedAt < AGAIN_MS[severity] || settings.volume === 0) return;
    if (!sound.play(severity, settings.volume)) return;
    soundedAt = performance.now();
    sounded += 1;
  };
  const draw = () => {
    const rows = calling();
    document.title = rows.length > 0 ? `(${rows.length}) ${title}` : title;
    panel.draw({ count: rows.length, severity: worstOf(rows), isLoud: loud().length > 0, isSilenced: rows.some((row) => silenced.has(callOf(row))), isLocked: sound.isLocked });
  };
  // What a page that lets go of the stream last knew is not what is so.
  const rest = () => {
    isResting = true;
    document.title = title;
  };
  const silence = () => {
    for (const row of calling()) silenced.add(callOf(row));
    draw();
  };
  const change = (next) => {
    settings = { ...settings, ...next, on: { ...settings.on, ...next.on } };
    remember(settings);
    soundedAt = -Infinity;
    look();
  };
  const unlock = async () => {
    await sound.unlock();
    look();
  };
  const panel = createHornPanel({
    words, place, severities: SEVERITIES, silence, unlock, change, settings: () => settings,
    attempt: (severity) => sound.play(severity, settings.volume || DEFAULTS.volume),
  });

  // Any gesture anywhere allows the page to sound; one that is complete, lest the header move between down and up.
  for (const name of ["click", "keyup"]) document.addEventListener(name, () => sound.isLocked && unlock());
  city.onChange(look);
  words.onChange(draw);
  window.setInterval(ring, 500);
  draw();
  return {
    silence, change, unlock, rest,
    get calling() { return calling().map((row) => row.id); },
    get loud() { return loud().map((row) => row.id); },
    get isLocked() { return sound.isLocked; },
    get sounded() { return sounded; },
    get settings() { return settings; },
  };
}

function stored() {
  try {
    const found = JSON.parse(window.localStorage.getItem(STORED)) ?? {};
    return { ...DEFAULTS, ...found, on: { ...DEFAULTS.on, ...found.on } };
  } catch {
    return DEFAULTS; // a browser may forbid storage, or somebody wrote nonsense there
  }
}

function remember(settings) {
  try {
    window.localStorage.setItem(STORED, JSON.stringify(settings));
  } catch {
    // see stored
  }
}
