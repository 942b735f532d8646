// The queue that stays open: news by server-sent events, its rows asked for again, sound and notification by choice.
// #live-tools[data-events, data-after]; #queue[data-total, data-newest] is what is renewed. Without it: the Reload link.
(function () {
  "use strict";

  const tools = document.getElementById("live-tools");
  if (!tools || !window.EventSource) return;

  const said = document.getElementById("live");
  const off = document.getElementById("live-off");
  const title = document.title;
  const buttons = { sound: document.getElementById("live-sound"), notes: document.getElementById("live-notes") };
  const known = new Set(newestIn(queue()));
  const heard = new Set();
  let unseen = 0;
  let timer = 0;
  let asking = false;
  let again = false;
  let stale = false;
  let audio = null;
  let source = null;

  function queue() {
    return document.getElementById("queue");
  }

  function newestIn(part) {
    return (part.dataset.newest || "").split(" ").filter(Boolean);
  }

  // --- choices, kept in this browser, off at first

  function chosen(name) {
    try {
      return window.localStorage.getItem("alpr.hits." + name) === "on";
    } catch {
      return false;
    }
  }

  function choose(name, on) {
    try {
      window.localStorage.setItem("alpr.hits." + name, on ? "on" : "off");
    } catch {
      // Without storage the choice lasts as long as the page.
    }
    buttons[name].setAttribute("aria-pressed", String(on));
  }

  function isOn(name) {
    return buttons[name].getAttribute("aria-pressed") === "true";
  }

  function wake() {
    audio = audio || new window.AudioContext();
    if (audio.state === "suspended") audio.resume();
  }

  function ring() {
    if (!isOn("sound")) return;
    wake();
    [880, 1175].forEach(function (pitch, index) {
      const tone = audio.createOscillator();
      const volume = audio.createGain();
      const at = audio.currentTime + index * 0.18;
      tone.frequency.value = pitch;
      volume.gain.setValueAtTime(0.0001, at);
      volume.gain.exponentialRampToValueAtTime(0.25, at + 0.02);
      volume.gain.exponentialRampToValueAtTime(0.0001, at + 0.16);
      tone.connect(volume).connect(audio.destination);
      tone.start(at);
      tone.stop(at + 0.17);
    });
  }

  // What stands on a lock screen is read by anybody: how many, never which plate.
  function notify(text) {
    if (!isOn("notes") || !window.Notification || Notification.permission !== "granted") return;
    const note = new Notification("ALPR Portal", { body: text, tag: "alpr-hits" });
    note.onclick = function () {
      window.focus();
      note.close();
    };
  }

  async function askForNotes() {
    if (isOn("notes")) return choose("notes", false);
    const answer = window.Notification ? await Notification.requestPermission() : "denied";
    choose("notes", answer === "granted");
    if (answer !== "granted") said.textContent = "This browser does not allow notifications here.";
  }

  // --- what is new

  function count() {
    document.title = (unseen ? "(" + unseen + ") " : "") + title;
  }

  function announce(newest) {
    const fresh = newest.filter(function (id) {
      return !known.has(id);
    });
    fresh.forEach(known.add, known);
    if (!fresh.length) return fresh;
    const text = fresh.length + (fresh.length === 1 ? " new hit" : " new hits");
    said.textContent = text;
    ring();
    notify(text);
    if (document.hidden) unseen += fresh.length;
    count();
    return fresh;
  }

  async function get(part) {
    const answer = await fetch(window.location.href, {
      headers: { "X-Part": part, "X-Unattended": "1" },
      redirect: "manual",
      cache: "no-store",
    });
    if (!answer.ok) throw new Error("no answer");
    return answer;
  }

  // The new rows take the place of the old ones; the eye, the focus and the marked row stay where they were.
  function renew(text) {
    const fresh = new DOMParser().parseFromString(text, "text/html").getElementById("queue");
    if (!fresh) return;
    const old = queue();
    const added = announce(newestIn(fresh));
    const place = anchor(old);
    const focus = focused(old);
    const marked = old.querySelector(".row-current");
    old.replaceWith(document.adoptNode(fresh));
    added.forEach(function (id) {
      const row = rowOf(id);
      if (row) row.classList.add("hit-fresh");
    });
    if (marked && rowOf(marked.dataset.incident)) rowOf(marked.dataset.incident).classList.add("row-current");
    if (focus) refocus(focus);
    if (place && rowOf(place.id)) {
      window.scrollBy({ top: rowOf(place.id).getBoundingClientRect().top - place.top, behavior: "instant" });
    }
  }

  function rowOf(id) {
    return id ? queue().querySelector("[data-incident='" + CSS.escape(id) + "']") : null;
  }

  function anchor(part) {
    if (window.scrollY < 8) return null;
    const row = Array.from(part.querySelectorAll("[data-incident]")).find(function (each) {
      return each.getBoundingClientRect().bottom > 0;
    });
    return row ? { id: row.dataset.incident, top: row.getBoundingClientRect().top } : null;
  }

  function reachable(row) {
    return Array.from(row.querySelectorAll("a, button"));
  }

  function focused(part) {
    const row = part.contains(document.activeElement) && document.activeElement.closest("[data-incident]");
    return row ? { id: row.dataset.incident, index: reachable(row).indexOf(document.activeElement) } : null;
  }

  function refocus(focus) {
    const row = rowOf(focus.id);
    const target = row ? reachable(row)[focus.index] || reachable(row)[0] : queue().querySelector("a");
    if (target) target.focus({ preventScroll: true });
  }

  // A page that nobody sees opens no plates: it asks for the numbers only, and for the rows when it is looked at.
  async function ask() {
    timer = 0;
    if (asking) {
      again = true;
      return;
    }
    asking = true;
    try {
      if (document.hidden) {
        stale = true;
        announce((await (await get("news")).json()).new);
      } else {
        stale = false;
        renew(await (await get("queue")).text());
      }
    } catch {
      said.textContent = "The queue could not be renewed. Reload the page.";
    } finally {
      asking = false;
      if (again) {
        again = false;
        soon();
      }
    }
  }

  function soon() {
    if (!timer) timer = window.setTimeout(ask, 250);
  }

  function listen() {
    source = new EventSource(tools.dataset.events + "?after=" + tools.dataset.after, { withCredentials: true });
    source.onmessage = function (event) {
      if (heard.has(event.lastEventId)) return;
      heard.add(event.lastEventId);
      soon();
    };
    source.onopen = function () {
      if (tools.dataset.live === "off") {
        said.textContent = "Live news is on again.";
        soon();
      }
      tools.dataset.live = "on";
      off.hidden = true;
    };
    source.onerror = function () {
      if (source.readyState !== EventSource.CLOSED) {
        tools.dataset.live = "waits";
        return;
      }
      if (tools.dataset.live !== "off") said.textContent = "Live news is off. Reload the page to see what is new.";
      tools.dataset.live = "off";
      off.hidden = false;
      window.setTimeout(listen, 30000);
    };
  }

  Object.keys(buttons).forEach(function (name) {
    choose(name, chosen(name) && (name !== "notes" || (window.Notification && Notification.permission === "granted")));
  });
  buttons.sound.addEventListener("click", function () {
    choose("sound", !isOn("sound"));
    ring();
  });
  buttons.notes.addEventListener("click", askForNotes);
  document.addEventListener("visibilitychange", function () {
    if (document.hidden) return;
    unseen = 0;
    count();
    if (stale) soon();
  });
  window.addEventListener("pagehide", function () {
    if (source) source.close();
  });
  window.addEventListener("pageshow", function (event) {
    if (event.persisted) listen();
  });
  tools.hidden = false;
  listen();
})();
