// The few things every page does: the worker, the update button, no page from memory.
"use strict";

addEventListener("pageshow", (event) => {
  // A page kept by the back button may belong to whoever used the tablet before.
  if (event.persisted) location.reload();
});

document.getElementById("errors")?.focus();

if ("serviceWorker" in navigator) {
  const button = document.querySelector("#update button");

  const offer = (worker) => {
    if (!worker || !navigator.serviceWorker.controller || !button) return;
    button.parentElement.hidden = false;
    button.addEventListener("click", () => worker.postMessage("take-over"), { once: true });
  };

  navigator.serviceWorker.register("/sw.js").then((registration) => {
    offer(registration.waiting);
    registration.addEventListener("updatefound", () => {
      const worker = registration.installing;
      worker.addEventListener("statechange", () => {
        if (worker.state === "installed") offer(worker);
      });
    });
  }).catch(() => {});

  let had = Boolean(navigator.serviceWorker.controller);
  navigator.serviceWorker.addEventListener("controllerchange", () => {
    if (had) location.reload();
    had = true;
  });
}
