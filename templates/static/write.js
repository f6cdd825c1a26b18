// Saves what is being written as a draft: a few seconds after the last key, when a field or the page
// is left, and never twice at a time. Without it there is the button that does the same.
(() => {
  "use strict";
  const form = document.getElementById("form");
  const status = document.getElementById("saved");
  const draft = form.elements.namedItem("draft");
  let dirty = false, timer = 0, saving = null, leaving = false;

  async function send() {
    dirty = false;
    const fields = new FormData(form);
    fields.delete("files");
    fields.set("auto", "1");
    try {
      const answer = await fetch(form.dataset.save, { method: "POST", body: fields });
      if (!answer.ok) throw new Error(answer.statusText);
      const saved = await answer.json();
      draft.value = saved.draft;
      status.textContent = form.dataset.saved.replace("{}", saved.at);
    } catch {
      dirty = true;
      status.textContent = form.dataset.failed;
    }
  }

  function save() {
    clearTimeout(timer);
    if (!dirty || leaving || saving) return saving;
    saving = send().finally(() => {
      saving = null;
      if (dirty) later(15000);
    });
    return saving;
  }

  function later(wait) {
    clearTimeout(timer);
    timer = setTimeout(save, wait);
  }

  form.addEventListener("input", (event) => {
    if (event.target.type === "file") return;
    dirty = true;
    later(4000);
  });
  form.addEventListener("change", save);
  document.addEventListener("visibilitychange", () => {
    if (document.visibilityState === "hidden") save();
  });
  form.addEventListener("submit", (event) => {
    leaving = true;
    clearTimeout(timer);
    if (!saving) return;
    // The draft's name must be known before the message goes, so that it goes with it.
    event.preventDefault();
    const button = event.submitter;
    saving.finally(() => form.requestSubmit(button));
  });
  // Back from the page that followed: the browser shows this one as it was left.
  addEventListener("pageshow", () => { leaving = false; });
})();
