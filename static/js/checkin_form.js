// Seals a form's answers in the page (sealed_box.js) and sends them, or keeps them sealed until the
// network is back. Without this file the form just posts.
"use strict";

(() => {
  const form = document.querySelector("form[data-ticket]");
  const kept = document.getElementById("kept");
  const sending = document.getElementById("sending");
  const SEND_MS = 12000;
  if (!form || !kept || !self.sealing || !self.outbox) return;

  const NOT_ANSWERS = new Set(["csrfmiddlewaretoken", "client_key", "form_key", "question_set"]);

  function sealed() {
    const key = (form.elements.client_key ?? form.elements.form_key).value;
    const answers = Object.fromEntries([...new FormData(form)].filter(([name]) => !NOT_ANSWERS.has(name)));
    return sealing.item({ ...form.dataset, writer: person.own }, key, answers);
  }

  // What only this page holds is lost with it: the page says so, and so does the browser.
  function keepHere(isStored) {
    const words = isStored ? kept : document.getElementById("held");
    sending.hidden = form.hidden = true;
    form.reset(); // what was answered is readable by nobody from here on
    words.hidden = false;
    words.focus();
    if (!isStored) addEventListener("beforeunload", (event) => { if (outbox.isHolding()) event.preventDefault(); });
    navigator.storage?.persist?.().catch(() => {});
    navigator.serviceWorker?.ready.then((worker) => worker.sync?.register("outbox")).catch(() => {});
    dispatchEvent(new Event("outbox"));
  }

  let isBusy = false;
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    if (isBusy) return;
    isBusy = true;
    form.setAttribute("aria-busy", "true");
    sending.hidden = false;
    sending.scrollIntoView({ block: "nearest" });
    const next = form.querySelector("input:checked[data-next]")?.dataset.next ?? form.dataset.done;
    let item;
    try {
      item = await sealed();
    } catch {
      return form.submit(); // the plain way
    }
    const isStored = await outbox.put(item);
    const state = (await limits.within(outbox.flush(), SEND_MS).catch(() => new Map())).get(item.id);
    if (state === "kept") return location.assign(next);
    if (!state) return keepHere(isStored);
    await outbox.acknowledge(item.writer); // the server says in words why not
    form.submit();
  });
})();
