// What a person does to rows: one request with an id of its own, told again when its answer was lost, and a way back
// for ten seconds where that is safe.

import { titleOf } from "./alarm_state.js";
import { send } from "./api.js";
import { nameText } from "./labels.js";

const TRIES = 4;
const AGAIN_MS = 1000;
const PATIENCE_MS = 10000;

// What takes an act back. An acknowledgement says "I have seen it"; nobody can un-see.
const BACK = {
  claim: () => ({ verb: "release" }),
  release: (row, me) => (row.claimed_by === me ? { verb: "claim" } : null),
  shelve: () => ({ verb: "unshelve" }),
  take_out_of_service: () => ({ verb: "put_in_service" }),
  assign: (row) => (row.agency ? { verb: "assign", text: row.agency } : null),
};

export function createActs({ boot, words, city, notices }) {
  const nameOf = (row) => `${nameText(boot, words, city.sites.get(row.site), row.site_name)}, ${titleOf(boot, words, row)}`;
  const moment = (ms) => `${words.clock(ms)} ${boot.zone_name}`;

  // `seen` is the journal's number when the person looked: what came after it is not what they meant.
  async function perform(verb, rows, { text = "", lasting_s = null, seen = city.change, isBack = false } = {}) {
    if (rows.length === 0) return false;
    const wanted = { id: newId(), verb, text, lasting_s, rows: rows.map((row) => ({ key: row.id, seen })) };
    const answer = await sendUntilAnswered("/api/v1/alarms/acts", wanted);
    const outcomes = answer.body?.outcomes;
    if (!outcomes) {
      notices.refused([words.text(answer.status === 0 || answer.status === 503 ? "act_unreachable" : "act_failed", { status: answer.status })]);
      return false;
    }
    const byKey = new Map(rows.map((row) => [row.id, row]));
    const done = outcomes.filter((outcome) => outcome.done).map((outcome) => byKey.get(outcome.key));
    const refused = outcomes.filter((outcome) => !outcome.done);
    if (refused.length > 0) notices.refused(refused.map((outcome) => refusal(byKey.get(outcome.key), outcome.refused)));
    if (done.length > 0) tellDone(verb, done, isBack);
    return refused.length === 0;
  }

  function tellDone(verb, rows, isBack) {
    const what = rows.length === 1 ? nameOf(rows[0]) : words.text("act_rows", { count: rows.length });
    const ways = isBack ? null : waysBack(verb, rows, boot.person.name);
    const undo = ways && (() => ways.forEach(({ back, taken }) => perform(back.verb, taken, { text: back.text, isBack: true })));
    notices.done(words.text(isBack && verb === "assign" ? "done_assign_back" : `done_${verb}`, { what }), undo);
  }

  function refusal(row, { reason, by, at, after }) {
    const who = by || "Pantau";
    const values = { who: at === null ? who : `${who} (${moment(at)})`, after: after ? words.text(`event_${after}`) : "" };
    return `${nameOf(row)}: ${words.text(`refused_${reason}`, values)}`;
  }

  return { perform, nameOf };
}

// [{ back, taken }]: which rows are taken back by which act; null when one of them has no way back.
function waysBack(verb, rows, me) {
  const ways = new Map();
  for (const row of rows) {
    const back = BACK[verb]?.(row, me);
    if (!back) return null;
    const way = ways.get(back.text) ?? { back, taken: [] };
    ways.set(back.text, { back, taken: [...way.taken, row] });
  }
  return [...ways.values()];
}

async function sendUntilAnswered(path, body) {
  let answer = null;
  for (let turn = 0; turn < TRIES; turn += 1) {
    answer = await send(path, body, PATIENCE_MS);
    if (answer.status !== 0 && answer.status !== 503) return answer;
    await new Promise((resolve) => { window.setTimeout(resolve, AGAIN_MS); });
  }
  return answer;
}

// A version 4 UUID; crypto.randomUUID is only there on encrypted pages, and a closed network may have none.
export function newId() {
  const bytes = window.crypto.getRandomValues(new Uint8Array(16));
  bytes[6] = (bytes[6] & 0x0f) | 0x40;
  bytes[8] = (bytes[8] & 0x3f) | 0x80;
  const hex = [...bytes].map((byte) => byte.toString(16).padStart(2, "0")).join("");
  return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20)].join("-");
}
