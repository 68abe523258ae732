// The offline page checks with the portal whether it is still true.
"use strict";

(() => {
  const EVERY_MS = 10000;
  const ANSWER_MS = 5000;

  if (location.hash) history.replaceState(null, "", location.pathname); // a card's code, read without network
  const parts = [...document.querySelectorAll("[data-net]")];

  // away, back, or leaving: the portal answers, and the person who left is not yet signed out
  function show(state) {
    for (const part of parts) {
      const isHidden = part.dataset.net !== state;
      if (part.hidden !== isHidden) part.hidden = isHidden;
    }
  }

  async function update() {
    if (navigator.onLine === false) return show("away"); // true alone says little, false is sure
    const question = { cache: "no-store", credentials: "omit" };
    const answer = await limits.ask("/healthz", question, ANSWER_MS).catch(() => null);
    if (!answer?.ok) return show("away");
    show((await signOutMark.isUp()) ? "leaving" : "back");
  }

  addEventListener("reached", update); // what waited here has been sent (outbox.js)
  for (const sign of ["online", "offline", "pageshow"]) addEventListener(sign, update);
  document.addEventListener("visibilitychange", () => { if (!document.hidden) update(); });
  setInterval(() => { if (!document.hidden) update(); }, EVERY_MS);
})();
