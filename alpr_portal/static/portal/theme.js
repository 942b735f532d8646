// Sets light or dark before the first paint; the choice is kept in localStorage and told to the server in a cookie.
(function () {
  "use strict";
  const KEY = "alpr.theme";
  const CHOICES = ["auto", "light", "dark"];
  const root = document.documentElement;
  const night = window.matchMedia("(prefers-color-scheme: dark)");

  function read() {
    let kept = null;
    try {
      kept = window.localStorage.getItem(KEY);
    } catch {
      kept = (document.cookie.match(/(?:^|; )theme=(\w+)/) || [])[1];
    }
    return CHOICES.includes(kept) ? kept : "auto";
  }

  function show() {
    const choice = read();
    root.setAttribute("data-bs-theme", choice === "auto" ? (night.matches ? "dark" : "light") : choice);
    document.querySelectorAll("[data-theme-choice]").forEach(function (button) {
      button.setAttribute("aria-pressed", String(button.dataset.themeChoice === choice));
    });
  }

  function choose(choice) {
    const secure = window.location.protocol === "https:" ? "; Secure" : "";
    try {
      window.localStorage.setItem(KEY, choice);
    } catch {
      // Storage is off: the cookie alone keeps the choice.
    }
    document.cookie = "theme=" + choice + "; Path=/; Max-Age=31536000; SameSite=Strict" + secure;
    show();
  }

  root.classList.add("js");
  show();
  night.addEventListener("change", show);
  window.addEventListener("storage", show);
  document.addEventListener("DOMContentLoaded", show);
  document.addEventListener("click", function (event) {
    const button = event.target.closest && event.target.closest("[data-theme-choice]");
    if (button) choose(button.dataset.themeChoice);
  });
})();
