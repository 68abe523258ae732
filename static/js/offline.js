// The page without network says so only while it is true: it asks the portal itself.
"use strict";

(() => {
  const EVERY_MS = 10000;
  const parts = [...document.querySelectorAll("[data-net]")];

  function show(isBack) {
    for (const part of parts) {
      const isHidden = (part.dataset.net === "back") !== isBack;
      if (part.hidden !== isHidden) part.hidden = isHidden;
    }
  }

  async function look() {
    if (navigator.onLine === false) return show(false); // true alone says little, false is sure
    const answer = await fetch("/healthz", { cache: "no-store", credentials: "omit" }).catch(() => null);
    show(Boolean(answer?.ok));
  }

  addEventListener("reached", () => show(true)); // what waited here has been sent (outbox.js)
  for (const sign of ["online", "offline", "pageshow"]) addEventListener(sign, look);
  document.addEventListener("visibilitychange", () => { if (!document.hidden) look(); });
  setInterval(() => { if (!document.hidden) look(); }, EVERY_MS);
})();
