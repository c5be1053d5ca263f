// Asks the server's own API. An answer is { ok, status, body }; status 0 means that the server could not be reached.

const TOKEN_COOKIE = "_csrf_token";
// A browser that holds too many connections already sends nothing and says nothing; whoever asks must hear of it. A report
// of six hours of a large city takes its time.
const PATIENCE_MS = 60000;

export const ask = (path) => request(path, { cache: "no-store" }, PATIENCE_MS);

// Only what the server does once, however often it is sent, may be given up sooner: it may have arrived all the same.
export const send = (path, body, patienceMs = PATIENCE_MS) => request(path, {
  method: "POST",
  headers: { "Content-Type": "application/json", "X-CSRFToken": token() },
  body: JSON.stringify(body),
}, patienceMs);

async function request(path, options, patienceMs) {
  try {
    const answer = await fetch(path, { ...options, signal: AbortSignal.timeout(patienceMs) });
    const body = await answer.json().catch(() => null);
    return { ok: answer.ok, status: answer.status, body };
  } catch {
    return { ok: false, status: 0, body: null };
  }
}

function token() {
  const pair = document.cookie.split("; ").find((cookie) => cookie.startsWith(`${TOKEN_COOKIE}=`));
  return pair ? decodeURIComponent(pair.slice(TOKEN_COOKIE.length + 1)) : "";
}
