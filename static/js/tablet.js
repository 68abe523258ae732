// A shared tablet: what still waits is said and sent, and whoever leaves leaves nothing behind.
"use strict";

(() => {
  const outbox = self.outbox;
  const line = document.getElementById("outbox");
  const idle = document.getElementById("idle");
  const leaving = [...document.querySelectorAll("form[data-leave]")];
  const EVERY_MS = 30000;
  const FLUSH_MS = 3000;
  const LEAVE_MS = 8000;
  const IDLE_S = 300;
  const WARNING_S = 60;
  if (!outbox || !line) return;

  // -- 送りました / まだ 送っていません(1) ---------------------------------------------------------

  function say(word, n = 0) {
    for (const each of line.querySelectorAll("[data-say]")) each.hidden = each.dataset.say !== word;
    line.querySelector("[data-count]").textContent = n;
    line.classList.toggle("note", Boolean(word));
    line.querySelector("button").hidden = word !== "waiting";
  }

  async function look(states = []) {
    const n = await outbox.count();
    if (n) say("waiting", n);
    else if (states.some((state) => state !== "kept")) say("lost");
    else if (states.length) say("sent");
    else if (!line.querySelector("[data-say=sent]:not([hidden])")) say("");
    if (!n && states.length) document.getElementById("kept")?.classList.add("is-sent");
  }

  async function send() {
    if (await outbox.count()) await look([...(await outbox.flush()).values()]);
    else await look();
  }

  addEventListener("online", send);
  addEventListener("pageshow", send);
  addEventListener("outbox", () => look());
  document.addEventListener("visibilitychange", () => { if (!document.hidden) send(); });
  setInterval(send, EVERY_MS);
  outbox.news?.addEventListener("message", (event) => look(event.data));
  line.querySelector("button").addEventListener("click", send);

  // -- a wish to talk, should the network be away (wish.js) ----------------------------------------

  const wish = document.getElementById("wish");
  const isStudents = leaving.length && document.documentElement.dataset.side === "student";
  if (wish) outbox.raise({ id: "wish", ...wish.dataset, at: Date.now() });
  else if (isStudents) outbox.flag("wish").then((kept) => kept && outbox.raise({ ...kept, at: Date.now() }));
  else if (!document.getElementById("talk-later")) outbox.lower("wish"); // another's page, or nobody's

  // -- leaving ------------------------------------------------------------------------------------

  const pause = (ms) => new Promise((yes) => setTimeout(yes, ms));

  async function forget() {
    for (const name of (await self.caches?.keys()) ?? []) await caches.delete(name);
    for (const store of [localStorage, sessionStorage]) store.clear();
  }

  async function leave(form) {
    document.body.hidden = true; // before anything else: the next one may already be looking
    outbox.lower("wish");
    const sent = new FormData(form);
    if (form.dataset.leave !== "quick") await Promise.race([outbox.flush(), pause(FLUSH_MS)]).catch(() => {});
    sent.set("queue", (await outbox.count()) ? "waiting" : "empty");
    try {
      const signal = AbortSignal.timeout(LEAVE_MS);
      await fetch(form.action, { method: "POST", body: sent, redirect: "manual", signal });
      await outbox.lower("leaving");
      await forget().catch(() => {});
    } catch {
      // No network: the worker, or the next page, signs out before it shows anything.
      await outbox.raise({ id: "leaving", token: sent.get("csrfmiddlewaretoken") });
    }
    location.replace("/");
  }

  for (const form of leaving) {
    form.addEventListener("submit", (event) => { event.preventDefault(); leave(form); });
  }
  if (leaving.length) outbox.flag("leaving").then((flag) => { if (flag) leave(leaving[0]); });

  // すぐに とじる: three times Shift, as elsewhere on pages that ask for help.
  const quick = leaving.find((form) => form.dataset.leave === "quick");
  let shifts = 0;
  if (quick) addEventListener("keydown", (event) => {
    shifts = event.key === "Shift" ? shifts + 1 : 0;
    if (shifts === 3) leave(quick);
  });

  // -- nobody there -------------------------------------------------------------------------------

  if (isStudents && idle) {
    let since = Date.now();
    const wake = () => { since = Date.now(); idle.hidden = true; };
    for (const sign of ["pointerdown", "keydown", "scroll", "input"]) addEventListener(sign, wake, { passive: true });
    setInterval(() => {
      const seconds = (Date.now() - since) / 1000;
      idle.hidden = seconds < IDLE_S - WARNING_S;
      if (seconds >= IDLE_S) leave(leaving[0]);
    }, 1000);
  }
})();
