// What every page does, partly before it is shown: one person a tablet in all its tabs, no typed text
// left behind, and the service worker with its updates.
"use strict";

// -- one person a tablet ------------------------------------------------------------------------

self.person = (() => {
  const root = document.documentElement;
  const NOBODY = "nobody";
  const LEAVING = "leaving"; // before it is noted where the worker sees it (sign_out_mark.js)
  const own = "who" in root.dataset ? root.dataset.who || NOBODY : ""; // "": the page is nobody's
  const isNamed = own !== "" && own !== NOBODY;

  const get = (name) => { try { return localStorage[name]; } catch { return undefined; } };
  const set = (name, value) => { try { localStorage[name] = value; } catch { /* this tab alone */ } };

  function empty() {
    for (const form of document.forms) if (form.autocomplete === "off") form.reset();
  }

  // Nothing of this page is left, neither to see nor for the browser to remember.
  let isBlank = false;
  function blank(title = "") {
    if (isBlank) return;
    isBlank = true;
    empty();
    const words = title ? null : document.getElementById("left")?.content; // left quickly: no word at all
    document.body.textContent = "";
    if (words) document.body.append(words);
    document.title = title || document.title.split(" - ").pop();
    root.hidden = false;
  }

  let isLeaving = false;
  function leave(title = "") {
    isLeaving = true;
    blank(title);
    set("who", LEAVING);
  }

  // What the last page of a person has noted, for pages that know nobody.
  const isSomebodyHere = () => ![undefined, NOBODY, LEAVING].includes(get("who"));
  const isStudentHere = () => isSomebodyHere() && get("side") === "student";

  // Another tab has signed out, or somebody else has signed in there.
  function update() {
    const now = get("who");
    if (!isNamed || isLeaving || now === own) return;
    blank();
    if (now !== LEAVING || get("leaving")) location.replace("/");
  }

  if (own) set("who", own);
  if (isNamed && root.dataset.side !== "open") set("side", root.dataset.side);
  if (get("who") === own) {
    addEventListener("storage", update);
    addEventListener("pageshow", update);
    document.addEventListener("visibilitychange", () => { if (!document.hidden) update(); });
  }
  // The worker signs out whoever left before it shows this page; without a worker, sign_out_mark.js does.
  if (isNamed && get("leaving") && !(get("leaving") === "worker" && navigator.serviceWorker?.controller)) root.hidden = true;

  return { isNamed, own, get, set, empty, leave, isSomebodyHere, isStudentHere };
})();

// -- no typed text is left behind -------------------------------------------------------------------

addEventListener("pageshow", (event) => {
  if (!event.persisted) return;
  // A page kept by the back button may belong to whoever used the tablet before.
  document.documentElement.hidden = true;
  location.reload();
});

{
  let isTouched = false; // by whoever is here now
  for (const sign of ["pointerdown", "keydown", "input"]) {
    addEventListener(sign, (event) => { isTouched = isTouched || event.isTrusted; }, { capture: true, passive: true });
  }
  const unlessTouched = () => { if (!isTouched) person.empty(); };
  document.addEventListener("DOMContentLoaded", unlessTouched);
  addEventListener("pageshow", unlessTouched);
  addEventListener("pagehide", () => person.empty());
}

document.addEventListener("DOMContentLoaded", () => document.getElementById("errors")?.focus());

// -- the worker, and a new one ----------------------------------------------------------------------

if ("serviceWorker" in navigator) document.addEventListener("DOMContentLoaded", () => {
  const button = document.querySelector("#update button");
  let isPressed = false; // here: another tab may hold a form half filled in

  const offer = (worker) => {
    if (!worker || !navigator.serviceWorker.controller || !button) return;
    button.parentElement.hidden = false;
    button.addEventListener("click", () => {
      if (worker.state === "activated") return location.reload();
      isPressed = true;
      worker.postMessage("take-over");
    });
  };

  navigator.serviceWorker.addEventListener("controllerchange", () => { if (isPressed) location.reload(); });
  navigator.serviceWorker.register("/sw.js", { updateViaCache: "none" }).then((registration) => {
    offer(registration.waiting);
    registration.addEventListener("updatefound", () => {
      const worker = registration.installing;
      worker.addEventListener("statechange", () => {
        if (worker.state === "installed") offer(worker);
      });
    });
  }).catch(() => {});
  // A page that came while the worker began is not yet its own.
  navigator.serviceWorker.ready.then(({ active }) => {
    if (!navigator.serviceWorker.controller) active.postMessage("claim");
  });
});
