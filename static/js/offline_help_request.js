// The offline page: a help request is sealed here and sent when the network is back. What it needs
// was stored by the first page of the signed-in person (shared_tablet.js).
"use strict";

(async () => {
  const FRESH_MS = 600000; // later somebody else may hold the tablet
  const later = document.getElementById("talk-later");
  const kept = document.getElementById("kept");
  const wish = self.sealing && (await outbox.flag("wish"));
  const age = () => Date.now() - wish.at; // below zero where the clock was set back: it proves nothing
  const isFresh = () => age() >= 0 && age() < FRESH_MS;
  if (!later || !kept || !wish || !isFresh() || (await signOutMark.isUp())) return;
  later.hidden = false;
  later.querySelector("button").addEventListener("click", async () => {
    later.hidden = true;
    if (!isFresh()) return outbox.lower("wish");
    const item = await sealing.item(wish, wish.formKey, { wanted: "anyone", topic: "", words: "" });
    const words = (await outbox.put(item)) ? kept : document.getElementById("held");
    await outbox.lower("wish"); // one form, one wish
    words.hidden = false;
    words.focus();
    navigator.serviceWorker?.ready.then((worker) => worker.sync?.register("outbox")).catch(() => {});
    dispatchEvent(new Event("outbox"));
  }, { once: true });
})();
