// The idle lock, seen from the page: a warning before it, one click to stay, and nothing left on the screen after it.
// body[data-idle-seconds, data-idle-warn-seconds, data-stay-url, data-login-url]; all tabs share one clock.
// body[data-session-left]: seconds until the session ends whatever one does; said in #limit-notice before it does.
(function () {
  "use strict";

  const data = document.body.dataset;
  const idle = Number(data.idleSeconds) * 1000;
  const dialog = document.getElementById("idle-dialog");
  if (!idle || !dialog) return;

  const KEY = "alpr.contact";
  const warning = (Number(data.idleWarnSeconds) || 120) * 1000;
  const left = document.getElementById("idle-left");
  const spoken = document.getElementById("idle-spoken");
  const trouble = document.getElementById("idle-trouble");
  const ends = data.sessionLeft ? Date.now() + Number(data.sessionLeft) * 1000 : Infinity;
  const limit = document.getElementById("limit-notice");
  const SOON = 10 * 60 * 1000;
  let contact = Date.now();
  let asking = false;
  let gone = false;

  function remember() {
    contact = Date.now();
    try {
      window.localStorage.setItem(KEY, String(contact));
    } catch {
      // Without storage each tab keeps its own clock.
    }
  }

  function leave() {
    if (gone) return;
    gone = true;
    document.dispatchEvent(new Event("alpr:leave")); // kept.js keeps what was typed
    document.documentElement.classList.add("locked");
    window.location.assign(data.loginUrl + "?next=" + encodeURIComponent(window.location.pathname));
  }

  async function stay() {
    if (asking) return;
    asking = true;
    try {
      const token = document.querySelector("meta[name='csrf-token']");
      const answer = await fetch(data.stayUrl, {
        method: "POST",
        redirect: "manual",
        headers: { "X-CSRFToken": token ? token.content : "" },
      });
      if (!answer.ok) {
        leave();
        return;
      }
      remember();
      trouble.hidden = true;
      if (dialog.open) dialog.close();
    } catch {
      trouble.hidden = false;
    } finally {
      asking = false;
    }
  }

  // Someone who types is not idle: the server hears of it now and then, unless the warning is already up.
  function active() {
    if (!dialog.open && Date.now() - contact > Math.max(60000, idle / 5)) stay();
  }

  function say(milliseconds) {
    const seconds = Math.max(0, Math.ceil(milliseconds / 1000));
    left.textContent = Math.floor(seconds / 60) + ":" + String(seconds % 60).padStart(2, "0");
    if ([60, 30, 10].includes(seconds)) spoken.textContent = seconds + " seconds left";
  }

  function tick() {
    const remaining = contact + idle - Date.now();
    if (limit && limit.hidden && ends - Date.now() <= SOON) {
      const at = new Date(ends).toLocaleTimeString([], { hour: "2-digit", minute: "2-digit" });
      limit.textContent = limit.dataset.text.replace("{at}", at);
      limit.hidden = false;
    }
    if (remaining <= 0 || ends <= Date.now()) {
      leave();
    } else if (remaining <= warning) {
      say(remaining);
      if (!dialog.open) dialog.showModal();
    } else if (dialog.open) {
      dialog.close();
    }
  }

  remember();
  window.setInterval(tick, 1000);
  document.addEventListener("visibilitychange", tick);
  window.addEventListener("storage", function (event) {
    if (event.key === KEY) contact = Math.max(contact, Number(event.newValue) || 0);
  });
  ["keydown", "pointerdown", "input"].forEach(function (name) {
    document.addEventListener(name, active, { passive: true });
  });
  document.addEventListener("htmx:afterOnLoad", remember);
  dialog.addEventListener("cancel", function (event) {
    event.preventDefault();
    stay();
  });
  document.getElementById("idle-stay").addEventListener("click", stay);
})();
