// The way to the sign-in page and back to where one was, in the same language and look.

export function signInAddress(words) {
  const { pathname, search } = window.location;
  const asked = new URLSearchParams({
    lang: words.language,
    theme: document.documentElement.dataset.theme ?? "dark",
    next: pathname + search,
  });
  return `/login?${asked}`;
}

// For a page that was opened without a session, before it knows any word.
export function goToSignIn() {
  const { pathname, search } = window.location;
  window.location.replace(`/login?${new URLSearchParams({ next: pathname + search })}`);
}

export function signInLink(words) {
  const link = document.createElement("a");
  link.className = "sign-in-link";
  link.href = signInAddress(words);
  link.textContent = words.text("account_sign_in");
  return link;
}
