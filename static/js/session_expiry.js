// A page of somebody whose sign-in has ended is emptied; what they typed can be taken along.
// Pages of staff and guardians: students' tablets sign out by themselves (shared_tablet.js).
"use strict";

(() => {
  const { left, who, ask, entry, ...words } = document.currentScript.dataset; // words: title, open, gone, kept
  if (!who) return; // nobody's page
  const SOON_MS = 15000; // after an answer that says "not yet", or none
  const ASK_MS = 6000;
  let due = Date.now() + Number(left) * 1000;
  let timer = 0;

  // What was typed in a form, as the portal keeps it for half an hour: no files, no passwords.
  function typed() {
    const form = [...document.forms].find((one) => one.method === "post" && isTouched(one));
    if (!form) return null;
    const kept = document.createElement("form");
    kept.method = "post";
    kept.action = form.action;
    for (const field of form.querySelectorAll('input[type="password"], input[type="file"]')) field.disabled = true;
    for (const [name, value] of new FormData(form)) {
      const field = document.createElement("input");
      Object.assign(field, { type: "hidden", name, value });
      kept.append(field);
    }
    return kept;
  }

  const isTouched = (form) => [...form.elements].some((field) =>
    (field.type === "checkbox" || field.type === "radio") ? field.checked !== field.defaultChecked
      : field.type === "select-one" || field.type === "select-multiple" ? [...field.options].some((o) => o.selected !== o.defaultSelected)
        : "defaultValue" in field && field.type !== "hidden" && field.value !== field.defaultValue);

  function empty() {
    clearTimeout(timer);
    const kept = typed();
    const line = document.createElement("p");
    const button = document.createElement(kept ? "button" : "a");
    line.textContent = kept ? words.kept : words.gone;
    line.setAttribute("role", "alert");
    button.textContent = words.open;
    button.className = "button button--solid";
    const place = document.createElement("main");
    place.className = "page stack expired";
    if (kept) kept.append(line, button);
    else button.href = entry;
    place.append(...(kept ? [kept] : [line, button]));
    document.body.replaceChildren(place);
    document.title = words.title;
    document.documentElement.hidden = false;
    button.focus();
  }

  // The portal knows whether another tab went on; without an answer the page stays hidden.
  async function update() {
    document.documentElement.hidden = true;
    try {
      const answer = await limits.ask(ask, { cache: "no-store", credentials: "same-origin" }, ASK_MS);
      const session = JSON.parse(answer.text);
      if (!session.left || session.who !== who) return empty();
      due = Date.now() + session.left * 1000;
      document.documentElement.hidden = false;
    } catch {
      due = Date.now() + SOON_MS;
    }
    wait();
  }

  function wait() {
    clearTimeout(timer);
    timer = setTimeout(update, Math.max(due - Date.now(), 1000));
  }

  // Timers sleep with the machine; a page kept by the back button has no timer at all.
  const wake = () => { if (Date.now() >= due) update(); };
  document.addEventListener("visibilitychange", () => { if (!document.hidden) wake(); });
  addEventListener("pageshow", (event) => { if (event.persisted) update(); });
  wait();
})();
