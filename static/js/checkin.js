// Seals a form's answers in the page (sealing.js) and sends them, or keeps them sealed until the
// network is back. Without this file the form just posts.
"use strict";

(() => {
  const form = document.querySelector("form[data-ticket]");
  const kept = document.getElementById("kept");
  if (!form || !kept || !self.sealing || !self.outbox) return;

  const NOT_ANSWERS = new Set(["csrfmiddlewaretoken", "client_key", "form_key", "question_set"]);

  function sealed() {
    const key = (form.elements.client_key ?? form.elements.form_key).value;
    const answers = Object.fromEntries([...new FormData(form)].filter(([name]) => !NOT_ANSWERS.has(name)));
    return sealing.item(form.dataset, key, answers);
  }

  function keepHere() {
    form.hidden = true;
    form.reset(); // what was answered is readable by nobody from here on
    kept.hidden = false;
    kept.focus();
    navigator.storage?.persist?.().catch(() => {});
    navigator.serviceWorker?.ready.then((worker) => worker.sync?.register("outbox")).catch(() => {});
    dispatchEvent(new Event("outbox"));
  }

  let isBusy = false;
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    if (isBusy) return;
    isBusy = true;
    const next = form.querySelector("input:checked[data-next]")?.dataset.next ?? form.dataset.done;
    let item;
    try {
      item = await sealed();
    } catch {
      return form.submit(); // the plain way
    }
    await self.outbox.put(item);
    const state = (await self.outbox.flush()).get(item.id);
    if (state === "kept") location.assign(next);
    else if (state) form.submit(); // the server says in words why not
    else keepHere();
  });
})();
