// How far the page can be trusted: clock, counts, the age of the data, and the banner when something is silent.

import { standing } from "./alarm_state.js";
import { drawSince, element, write } from "./labels.js";
import { signInLink } from "./sign_in.js";

const STREAM_SILENT_MS = 5000;
const INGEST_SILENT_MS = 10000;
const DATA_STALE_MS = 120000;
const CLOCK_WRONG_MS = 60000;

export function createHealth({ boot, words, city }) {
  const banner = document.getElementById("banner");
  const own = new Set(); // troubles that the page itself met
  const place = (id) => document.getElementById(id);

  const draw = () => {
    const now = city.now();
    write(place("clock-time"), words.clock(now));
    write(place("clock-zone"), boot.zone_name);
    drawDates([place("clock-date"), place("wall-date")], words, now);
    drawCounts(place, words, city);
    drawDataAge(place("data-age"), words, city, now);
    drawBanner(banner, troubles(words, city, now, own), boot.demo ? words.text("demo_mark") : "");
    offerSignIn(banner, words, own.has("health_signed_out"));
    document.body.classList.toggle("is-frozen", isFrozen(city, own));
    for (const time of document.querySelectorAll("time[data-since]")) drawSince(time, words, now);
  };

  window.setInterval(draw, 500);
  words.onChange(draw);
  city.onChange(draw);
  return {
    draw,
    add: (key) => { own.add(key); draw(); },
    remove: (key) => { own.delete(key); draw(); },
  };
}

function isFrozen(city, own) {
  return own.has("health_signed_out") || city.silentMs() > STREAM_SILENT_MS || Boolean(city.health?.store_silent);
}

function troubles(words, city, now, own) {
  const found = [...own].map((key) => words.text(key)); // what the page itself met
  if (city.silentMs() > STREAM_SILENT_MS) {
    found.push(words.text("health_stream", { age: words.age(city.silentMs()) }));
    return [...found, ...dataAge(words, city, now)]; // whatever else the last message said is no longer known
  }
  const health = city.health;
  if (health === null) return found;
  const before = found.length;
  if (health.store_silent) found.push(words.text("health_store"));
  else if (health.ingest_at === null) found.push(words.text("health_ingest_never"));
  else if (now - health.ingest_at > INGEST_SILENT_MS) {
    found.push(words.text("health_ingest", { age: words.age(now - health.ingest_at) }));
  } else if (health.broker_away) found.push(words.text("health_broker"));
  else if (health.ingest_trouble) {
    found.push(words.text("health_ingest_trouble", { trouble: health.ingest_trouble }));
  }
  return found.length > before ? [...found, ...dataAge(words, city, now)] : found;
}

// The date, or that this computer's clock is wrong: nothing on the page depends on it, so no banner covers the figures.
function drawDates(places, words, now) {
  const skewMs = Date.now() - now;
  const isWrong = Math.abs(skewMs) > CLOCK_WRONG_MS;
  const text = isWrong
    ? words.text(skewMs > 0 ? "health_clock_fast" : "health_clock_slow", { age: words.age(Math.abs(skewMs)) })
    : words.date(now);
  for (const place of places) {
    write(place, text);
    place.classList.toggle("is-wrong", isWrong);
    place.title = isWrong ? words.text("health_clock_explained") : "";
  }
}

// Below a banner that says what is wrong: how old the newest value on the screen is.
function dataAge(words, city, now) {
  const newest = city.health?.newest_at ?? null;
  return newest === null ? [] : [words.text("health_data_age", { ago: words.ago(now - newest) })];
}

function drawBanner(banner, sentences, mark) {
  const shown = [mark, ...sentences].join("\n");
  banner.hidden = sentences.length === 0;
  if (banner.dataset.shown === shown) return;
  banner.dataset.shown = shown;
  announce(sentences.join("\n"));
  banner.replaceChildren(...sentences.map((sentence) => element("p", "", sentence)));
  if (mark && sentences.length > 0) banner.prepend(element("span", "demo-mark", mark)); // it lies over the header's own
}

// Said aloud once: an age that grows every second is no news.
function announce(shown) {
  const said = document.getElementById("banner-said");
  const news = shown.replace(/[\d.,:]+/g, "");
  if (said.dataset.said === news) return;
  said.dataset.said = news;
  said.textContent = shown;
}

function offerSignIn(banner, words, isSignedOut) {
  const link = banner.querySelector(".sign-in-link");
  if (!isSignedOut) link?.remove();
  else if (!link) banner.append(signInLink(words));
}

function drawCounts(place, words, city) {
  if (city.health === null) return;
  const alarms = standing(city.rows.values()).length;
  write(place("count-alarms"), words.number(alarms));
  place("count-alarms").classList.toggle("is-calling", alarms > 0);
  write(place("count-unknown"), words.number(city.count("unknown")));
  write(place("count-sites"), words.number(city.sites.size));
}

function drawDataAge(target, words, city, now) {
  if (city.health === null) return;
  const newest = city.health.newest_at;
  write(target, newest === null ? words.text("age_never") : words.ago(now - newest));
  target.classList.toggle("is-stale", newest === null || now - newest > DATA_STALE_MS);
}
