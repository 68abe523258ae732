// The offline page: a help request is sealed here and sent when the network is back. What it needs
// was stored by the first page of the signed-in person (shared_tablet.js).
"use strict";

(async () => {
  const FRESH_MS = 600000; // later somebody else may hold the tablet
  const later = document.getElementById("talk-later");
  const kept = document.getElementById("kept");
  const request = self.sealing && (await outbox.getFlag("help-request"));
  const age = () => Date.now() - request.at; // below zero where the clock was set back: it proves nothing
  const isFresh = () => age() >= 0 && age() < FRESH_MS;
  if (!later || !kept || !request || !isFresh() || (await signOutMark.isUp())) return;
  later.hidden = false;
  later.querySelector("button").addEventListener("click", async () => {
    later.hidden = true;
    if (!isFresh()) return outbox.clearFlag("help-request");
    const item = await sealing.item(request, request.formKey, { wanted: "anyone", topic: "", words: "" });
    const words = (await outbox.put(item)) ? kept : document.getElementById("held");
    await outbox.clearFlag("help-request"); // one form, one request
    words.hidden = false;
    words.focus();
    navigator.serviceWorker?.ready.then((worker) => worker.sync?.register("outbox")).catch(() => {});
    dispatchEvent(new Event("outbox"));
  }, { once: true });
})();
