// Helps in the guided search. Without this file every block is shown, and the server says what is missing.
// [data-show-if="field:value,value"] is shown only when a radio, select or box named `field` has one of the values.
// input[data-plate][data-lookalikes="0ODQ 1IL"] writes its hint into #{data-hint}; the groups come from the server.
// input[data-filter-for=id] narrows the options inside #id; [data-filter-pick=all|none][data-filter-target=id] ticks
// or clears what is shown; [data-filter-count=id] says how many.
(function () {
  "use strict";

  // Blocks that belong to an answer
  function answers(form, name) {
    return Array.from(form.elements)
      .filter(function (field) {
        if (field.name !== name) return false;
        return field.type === "radio" || field.type === "checkbox" ? field.checked : true;
      })
      .map(function (field) {
        return field.value;
      });
  }

  function showBlocks(form) {
    form.querySelectorAll("[data-show-if]").forEach(function (block) {
      const parts = block.dataset.showIf.split(":");
      const wanted = parts[1].split(",");
      const shown = answers(form, parts[0]).some(function (value) {
        return wanted.includes(value);
      });
      block.hidden = !shown;
      block.querySelectorAll("input, select, textarea").forEach(function (field) {
        field.disabled = !shown;
      });
    });
  }

  // What a camera may have taken for something else
  function plateHint(input) {
    const out = document.getElementById(input.dataset.hint);
    if (!out) return;
    const typed = input.value.toUpperCase().replace(/[^A-Z0-9*?]/g, "");
    const groups = (input.dataset.lookalikes || "").split(" ").filter(Boolean);
    const found = groups.filter(function (group) {
      return Array.from(typed).some(function (letter) {
        return group.includes(letter);
      });
    });
    const lines = [];
    if (/[*?]/.test(typed)) lines.push("Partial plate: * stands for any characters, ? for exactly one.");
    if (found.length) {
      const pairs = found.map(function (group) {
        return Array.from(group).join(" / ");
      });
      lines.push("Cameras may mix up " + pairs.join(", ") + ". Look-alikes can be added as approximate results.");
    }
    out.textContent = lines.join(" ");
  }

  // A long list of cameras
  function options(list) {
    return Array.from(list.querySelectorAll(".form-check, [data-filter-item]"));
  }

  function countShown(list) {
    const out = document.querySelector("[data-filter-count='" + list.id + "']");
    if (!out) return;
    const all = options(list);
    const shown = all.filter(function (option) {
      return !option.hidden;
    });
    const ticked = list.querySelectorAll("input:checked").length;
    out.textContent = shown.length + " of " + all.length + " shown, " + ticked + " chosen";
  }

  function narrow(input) {
    const list = document.getElementById(input.dataset.filterFor);
    const words = input.value.toLowerCase().split(/\s+/).filter(Boolean);
    options(list).forEach(function (option) {
      const text = option.textContent.toLowerCase();
      option.hidden = !words.every(function (word) {
        return text.includes(word);
      });
    });
    countShown(list);
  }

  function pick(button) {
    const list = document.getElementById(button.dataset.filterTarget);
    options(list).forEach(function (option) {
      const box = option.querySelector("input[type='checkbox']");
      if (box && !option.hidden) box.checked = button.dataset.filterPick === "all";
    });
    list.dispatchEvent(new Event("input", { bubbles: true }));
    countShown(list);
  }

  function begin() {
    document.querySelectorAll("form:has([data-show-if])").forEach(function (form) {
      form.addEventListener("change", function () {
        showBlocks(form);
      });
      showBlocks(form);
    });
    document.querySelectorAll("input[data-plate]").forEach(function (input) {
      input.addEventListener("input", function () {
        plateHint(input);
      });
      plateHint(input);
    });
    document.querySelectorAll("input[data-filter-for]").forEach(function (input) {
      const list = document.getElementById(input.dataset.filterFor);
      input.addEventListener("input", function () {
        narrow(input);
      });
      input.addEventListener("keydown", function (event) {
        if (event.key === "Enter") event.preventDefault();
      });
      list.addEventListener("change", function () {
        countShown(list);
      });
      narrow(input);
    });
    document.querySelectorAll("[data-filter-pick]").forEach(function (button) {
      button.addEventListener("click", function () {
        pick(button);
      });
    });
  }

  begin();
})();
