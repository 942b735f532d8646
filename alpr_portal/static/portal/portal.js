// What every page does by itself: the error summary, menus, dialogs, unsaved forms, relative times, parts by htmx.
// Contract: [data-dialog=id] opens, [data-close] closes, form[data-guard] warns before leaving, [data-print] prints,
// form[data-repeat] may be sent twice, [data-relative=ISO] is kept current, html.locked hides everything.
(function () {
  "use strict";

  const dirty = new Set();

  // The error summary takes the focus, and its links go to the field with its label in sight.
  function focusSummary(within) {
    const summary = within.querySelector(".error-summary");
    if (summary) summary.focus();
  }

  function followSummary(event) {
    const link = event.target.closest(".error-summary a[href^='#']");
    const field = link && document.getElementById(link.hash.slice(1));
    if (!field) return;
    event.preventDefault();
    (field.closest("fieldset, [id^='div_id_']") || field).scrollIntoView({ block: "start" });
    field.focus({ preventScroll: true });
  }

  // Menus are <details>: they work alone; here they also close by Escape and by a click elsewhere.
  function closeMenus(except) {
    document.querySelectorAll("details.menu[open]").forEach(function (menu) {
      if (menu !== except) menu.open = false;
    });
  }

  function escapeMenu(event) {
    if (event.key !== "Escape") return;
    const menu = document.querySelector("details.menu[open]");
    if (!menu) return;
    menu.open = false;
    menu.querySelector("summary").focus();
  }

  function toggleNavigation(event) {
    const button = event.target.closest(".nav-toggle");
    if (!button) return;
    const open = document.getElementById(button.getAttribute("aria-controls")).classList.toggle("open");
    button.setAttribute("aria-expanded", String(open));
  }

  function useDialogs(event) {
    const opener = event.target.closest("[data-dialog]");
    if (opener) {
      closeMenus();
      document.getElementById(opener.dataset.dialog).showModal();
    }
    if (event.target.closest("[data-close]")) event.target.closest("dialog").close();
    if (event.target.closest("[data-print]")) window.print();
  }

  // A guarded form warns before its words are lost. A sent form is not sent twice by a second tap.
  function send(event) {
    const form = event.target;
    if (event.defaultPrevented) return;
    dirty.delete(form);
    if (form.method !== "post" || "repeat" in form.dataset) return;
    if ("sent" in form.dataset) {
      event.preventDefault();
      return;
    }
    form.dataset.sent = "";
    window.setTimeout(function () {
      delete form.dataset.sent;
    }, 4000);
  }

  function warn(event) {
    if (dirty.size && !document.documentElement.classList.contains("locked")) event.preventDefault();
  }

  // "3 hours, 5 minutes ago" grows old on an open page.
  function spoken(seconds) {
    const units = [["day", 86400], ["hour", 3600], ["minute", 60]];
    const parts = [];
    let left = Math.abs(seconds);
    units.forEach(function (unit) {
      const n = Math.floor(left / unit[1]);
      left -= n * unit[1];
      if (n && parts.length < 2) parts.push(n + " " + unit[0] + (n === 1 ? "" : "s"));
    });
    if (!parts.length) return seconds > 0 ? "in less than a minute" : "just now";
    return seconds > 0 ? "in " + parts.join(", ") : parts.join(", ") + " ago";
  }

  function refreshTimes() {
    document.querySelectorAll("[data-relative]").forEach(function (element) {
      const at = Date.parse(element.dataset.relative);
      if (!Number.isNaN(at)) element.textContent = spoken((at - Date.now()) / 1000);
    });
  }

  // A part of a page that could not be had is said, not swallowed. A sign-in page is never shown inside another page.
  function say(text) {
    document.getElementById("live").textContent = text;
  }

  function beforeSwap(event) {
    const login = document.body.dataset.loginUrl;
    const address = event.detail.xhr.responseURL;
    if (login && address && new URL(address).pathname === login) {
      event.detail.shouldSwap = false;
      window.location.assign(login + "?next=" + encodeURIComponent(window.location.pathname));
    }
  }

  document.addEventListener("click", function (event) {
    if (!event.target.closest) return;
    closeMenus(event.target.closest("details.menu"));
    followSummary(event);
    toggleNavigation(event);
    useDialogs(event);
  });
  document.addEventListener("keydown", escapeMenu);
  document.addEventListener("input", function (event) {
    const form = event.target.form;
    if (form && "guard" in form.dataset) dirty.add(form);
  });
  document.addEventListener("submit", send);
  window.addEventListener("beforeunload", warn);
  window.addEventListener("pageshow", function () {
    document.querySelectorAll("form[data-sent]").forEach(function (form) {
      delete form.dataset.sent;
    });
  });
  document.addEventListener("htmx:beforeSwap", beforeSwap);
  document.addEventListener("htmx:afterSettle", function (event) {
    focusSummary(event.target);
    refreshTimes();
  });
  document.addEventListener("htmx:responseError", function () {
    say("This part of the page could not be loaded. Reload the page, or try again.");
  });
  document.addEventListener("htmx:sendError", function () {
    say("The portal could not be reached. Check the connection and try again.");
  });
  window.setInterval(refreshTimes, 30000);
  focusSummary(document);
})();
