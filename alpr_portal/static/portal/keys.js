// Keyboard: / search, ? help, n new, j and k rows, Ctrl+Enter send. No single key changes data; all can be switched off.
(function () {
  "use strict";

  const KEY = "alpr.keys";
  const help = document.getElementById("keys-help");
  const box = document.getElementById("keys-on");

  function on() {
    try {
      return window.localStorage.getItem(KEY) !== "off";
    } catch {
      return true;
    }
  }

  function prefer() {
    try {
      window.localStorage.setItem(KEY, box.checked ? "on" : "off");
    } catch {
      // Without storage the choice lasts as long as the page.
    }
  }

  function typing(target) {
    return target.isContentEditable || /^(input|textarea|select)$/i.test(target.tagName);
  }

  function seen(element) {
    return element.checkVisibility ? element.checkVisibility() : element.offsetParent !== null;
  }

  function first(selector) {
    return Array.from(document.querySelectorAll(selector)).find(seen);
  }

  function moveRow(step) {
    const rows = Array.from(document.querySelectorAll(".site-main tbody tr, .site-main .worklist > li")).filter(seen);
    if (!rows.length) return;
    const current = rows.findIndex(function (row) {
      return row.classList.contains("row-current");
    });
    const next = rows[Math.min(rows.length - 1, Math.max(0, current + step))];
    if (current >= 0) rows[current].classList.remove("row-current");
    next.classList.add("row-current");
    const target = next.querySelector("a, button") || next;
    if (target === next) next.tabIndex = -1;
    target.focus();
    next.scrollIntoView({ block: "nearest" });
  }

  function act(key) {
    if (key === "/") {
      const search = first("[data-key='/'], .site-main input[type='search']");
      if (search) search.focus();
      return Boolean(search);
    }
    if (key === "n") {
      const link = first("a[data-key='n']");
      if (link) link.click();
      return Boolean(link);
    }
    if (key === "?") {
      help.showModal();
      return true;
    }
    if (key === "j" || key === "k") {
      moveRow(key === "j" ? 1 : -1);
      return true;
    }
    return false;
  }

  function press(event) {
    if (!on() || event.defaultPrevented || document.querySelector("dialog[open]")) return;
    if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) {
      const form = event.target.closest(".site-main form");
      if (form) form.requestSubmit();
      return;
    }
    if (event.ctrlKey || event.metaKey || event.altKey || typing(event.target)) return;
    if (act(event.key)) event.preventDefault();
  }

  if (!help) return;
  box.checked = on();
  box.addEventListener("change", prefer);
  document.addEventListener("keydown", press);
})();
