// Suggests people of the address book while an address is typed. Without it there is the page of the
// address book.
(() => {
  "use strict";
  const form = document.getElementById("form");
  const status = document.getElementById("suggested");

  // The address that the caret stands in: where it begins, and what is typed of it.
  function typed(input) {
    const before = input.value.slice(0, input.selectionStart);
    let start = 0, quoted = false;
    for (let at = 0; at < before.length; at += 1) {
      const c = before[at];
      if (c === "\"") quoted = !quoted;
      else if (!quoted && (c === "," || c === ";")) start = at + 1;
    }
    return { start, end: before.length, text: before.slice(start).trim() };
  }

  function attach(input) {
    const list = document.createElement("ul");
    let timer = 0, asked = 0, chosen = -1;
    list.className = "suggestions";
    list.id = `${input.id}-people`;
    list.setAttribute("role", "listbox");
    list.setAttribute("aria-label", form.dataset.people);
    list.hidden = true;
    input.after(list);
    input.setAttribute("role", "combobox");
    input.setAttribute("aria-autocomplete", "list");
    input.setAttribute("aria-controls", list.id);
    input.setAttribute("aria-expanded", "false");

    function close() {
      clearTimeout(timer);
      asked += 1;
      chosen = -1;
      list.hidden = true;
      list.replaceChildren();
      input.setAttribute("aria-expanded", "false");
      input.removeAttribute("aria-activedescendant");
    }

    function choose(next) {
      const options = list.children;
      if (chosen >= 0) options[chosen].setAttribute("aria-selected", "false");
      chosen = (next + options.length) % options.length;
      options[chosen].setAttribute("aria-selected", "true");
      options[chosen].scrollIntoView({ block: "nearest" });
      input.setAttribute("aria-activedescendant", options[chosen].id);
    }

    function take(option) {
      const { start, end } = typed(input);
      const before = input.value.slice(0, start) + (start > 0 ? " " : "") + option.dataset.field + ", ";
      input.value = before + input.value.slice(end).replace(/^[\s,;]+/, "");
      input.setSelectionRange(before.length, before.length);
      close();
      input.focus();
      input.dispatchEvent(new Event("input", { bubbles: true }));
    }

    function show(people) {
      list.replaceChildren(...people.map((person, number) => {
        const option = document.createElement("li");
        const name = document.createElement("span"), more = document.createElement("span");
        option.id = `${list.id}-${number}`;
        option.setAttribute("role", "option");
        option.setAttribute("aria-selected", "false");
        option.dataset.field = person.field;
        name.textContent = person.name;
        more.textContent = person.more;
        more.className = "muted";
        option.append(name, " ", more);
        return option;
      }));
      chosen = -1;
      list.hidden = people.length === 0;
      input.setAttribute("aria-expanded", String(people.length > 0));
      status.textContent = people.length > 0 ? form.dataset.found.replace("{}", people.length) : "";
    }

    async function ask() {
      const { text } = typed(input);
      asked += 1;
      const mine = asked;
      if (text.length < 2 || text.includes("<")) return close();
      try {
        const answer = await fetch(`${form.dataset.book}?q=${encodeURIComponent(text)}`);
        if (!answer.ok) return close();
        const people = await answer.json();
        if (mine === asked && document.activeElement === input) show(people);
      } catch {
        close();
      }
    }

    input.addEventListener("input", (event) => {
      if (!event.isTrusted) return;
      clearTimeout(timer);
      timer = setTimeout(ask, 120);
    });
    input.addEventListener("keydown", (event) => {
      if (list.hidden || event.isComposing) return;
      if (event.key === "ArrowDown") choose(chosen + 1);
      else if (event.key === "ArrowUp") choose(chosen < 0 ? -1 : chosen - 1);
      else if (event.key === "Escape") close();
      else if ((event.key === "Enter" || event.key === "Tab") && chosen >= 0) take(list.children[chosen]);
      else return;
      event.preventDefault();
    });
    // A press must not take the focus away before it is a click.
    list.addEventListener("pointerdown", (event) => event.preventDefault());
    list.addEventListener("click", (event) => {
      const option = event.target.closest("[role=option]");
      if (option) take(option);
    });
    input.addEventListener("blur", close);
  }

  for (const name of ["to", "cc", "bcc"]) attach(form.elements.namedItem(name));
})();
