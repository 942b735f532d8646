// What was typed is kept when a session ends under it, and comes back to the same member, in the same tab, on the same page.
// body[data-member] names who is signed in; body.entrance is the door (sign-in, codes); form[data-forget] signs out;
// form[data-no-keep] is never kept. Passwords, codes, files and hidden fields are not kept. It lies in sessionStorage.
(function () {
  "use strict";

  const KEY = "alpr.kept";
  const LONGEST = 12 * 3600 * 1000;
  const SKIPPED = ["password", "hidden", "file", "submit", "button", "reset", "image"];
  const member = document.body.dataset.member || "";
  const door = document.body.classList.contains("entrance");
  const path = window.location.pathname;
  let touched = false;

  function load() {
    try {
      return JSON.parse(window.sessionStorage.getItem(KEY)) || {};
    } catch {
      return {};
    }
  }

  function save(kept) {
    try {
      if (kept && Object.keys(kept.pages || {}).length) window.sessionStorage.setItem(KEY, JSON.stringify(kept));
      else window.sessionStorage.removeItem(KEY);
    } catch {
      // Without storage nothing is kept, and nothing breaks.
    }
  }

  function forms() {
    return Array.from(document.querySelectorAll("main form[method='post']")).filter(function (form) {
      return !("noKeep" in form.dataset) && !("forget" in form.dataset);
    });
  }

  function fields(form) {
    return Array.from(form.elements).filter(function (field) {
      return field.name && !field.disabled && !SKIPPED.includes(field.type) && field.tagName !== "BUTTON"
        && field.autocomplete !== "one-time-code" && field.tagName !== "FIELDSET" && field.tagName !== "OUTPUT";
    });
  }

  function value(field) {
    if (field.type === "checkbox" || field.type === "radio") return field.checked;
    if (field.multiple && field.options) {
      return Array.from(field.options).filter(function (option) { return option.selected; })
        .map(function (option) { return option.value; });
    }
    return field.value;
  }

  function identity(field) {
    return field.name + (field.type === "checkbox" || field.type === "radio" ? "=" + field.value : "");
  }

  // One page: for each of its forms, in order, the fields and what stands in them.
  function snapshot() {
    return forms().map(function (form) {
      return fields(form).map(function (field) { return [identity(field), value(field)]; });
    });
  }

  function keep(interrupted) {
    if (!member || door || !touched) return;
    const kept = load();
    const pages = kept.member === member ? kept.pages || {} : {};
    pages[path] = { at: Date.now(), interrupted: interrupted, forms: snapshot() };
    save({ member: member, pages: pages });
  }

  function put(field, was) {
    if (JSON.stringify(value(field)) === JSON.stringify(was)) return false;
    if (field.type === "checkbox" || field.type === "radio") {
      field.checked = was;
    } else if (field.multiple && field.options) {
      Array.from(field.options).forEach(function (option) { option.selected = was.includes(option.value); });
    } else {
      field.value = was;
    }
    field.dispatchEvent(new Event("input", { bubbles: true }));
    field.dispatchEvent(new Event("change", { bubbles: true }));
    return true;
  }

  function restore(page) {
    let changed = 0;
    forms().forEach(function (form, n) {
      const was = new Map(page.forms[n] || []);
      fields(form).forEach(function (field) {
        if (was.has(identity(field)) && put(field, was.get(identity(field)))) changed += 1;
      });
    });
    return changed;
  }

  function say() {
    const notice = document.createElement("div");
    notice.className = "alert alert-info";
    notice.setAttribute("role", "status");
    notice.textContent = "What you typed before is back. Look it over, then send it.";
    document.getElementById("main").prepend(notice);
  }

  // At the door: whatever page led here was interrupted. Elsewhere: what was interrupted here comes back, what was sent goes.
  function arrive() {
    const kept = load();
    const pages = kept.pages || {};
    if (door) {
      Object.values(pages).forEach(function (page) { page.interrupted = true; });
      save(kept);
      return;
    }
    if (!member) return;
    if (kept.member !== member) {
      save(null);
      return;
    }
    const page = pages[path];
    if (page && !forms().length) page.interrupted = true; // the answer was a refusal or a fault, not the form again
    Object.keys(pages).forEach(function (each) {
      if (each === path || !pages[each].interrupted || Date.now() - pages[each].at > LONGEST) delete pages[each];
    });
    save({ member: member, pages: pages });
    if (page && page.interrupted && Date.now() - page.at <= LONGEST && restore(page)) {
      touched = true;
      say();
    }
  }

  arrive();
  document.addEventListener("input", function (event) {
    if (event.isTrusted && event.target.form && forms().includes(event.target.form)) touched = true;
  });
  document.addEventListener("submit", function (event) {
    if ("forget" in event.target.dataset) {
      touched = false;
      save(null);
    } else if (!event.defaultPrevented) {
      if (forms().includes(event.target)) touched = true;
      keep(false);
    }
  });
  window.addEventListener("pagehide", function () { keep(false); });
  document.addEventListener("alpr:leave", function () { keep(true); });
})();
