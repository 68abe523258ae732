// A shared tablet: shows and sends what waits, and leaves nothing of a person who signs out.
"use strict";

(() => {
  const outbox = self.outbox;
  const line = document.getElementById("outbox");
  const idle = document.getElementById("idle");
  const ways = [...document.querySelectorAll("form[data-leave], button[data-leave]")];
  const quick = ways.find((way) => way.dataset.leave === "quick");
  const isShared = ways.some((way) => "shared" in way.dataset);
  const EVERY_MS = 30000;
  const AGAIN_MS = 5000;
  const FLUSH_MS = 3000;
  const IDLE_S = 300;
  const WARNING_S = 60;
  if (!outbox || !line) return;
  const proof = line.dataset.leave;

  // -- 送りました / まだ 送っていません(1) ---------------------------------------------------------

  function say(word, n = 0) {
    for (const each of line.querySelectorAll("[data-say]")) each.hidden = each.dataset.say !== word;
    line.querySelector("[data-count]").textContent = n;
    line.classList.toggle("note", Boolean(word));
    line.querySelector("button").hidden = word !== "waiting";
  }

  async function update(states = []) {
    const n = await outbox.count();
    if (n) say("waiting", n);
    else if (states.includes("kept")) say("sent");
    else if (!line.querySelector("[data-say=sent]:not([hidden])")) say("");
    if (!n && states.length) document.getElementById("kept")?.classList.add("is-sent");
    const lost = await outbox.undeliverable(person.own); // its writer alone is told
    document.getElementById("undelivered").hidden = lost.length === 0;
  }

  async function send() {
    device.finish();
    if (!(await outbox.count())) return update();
    line.setAttribute("aria-busy", "true");
    const found = await limits.within(outbox.flush(), EVERY_MS).catch(() => new Map());
    line.removeAttribute("aria-busy");
    await update([...found.values()]);
  }

  addEventListener("online", send);
  addEventListener("pageshow", send);
  addEventListener("outbox", () => update());
  document.addEventListener("visibilitychange", () => { if (!document.hidden) send(); });
  setInterval(send, EVERY_MS);
  outbox.news?.addEventListener("message", (event) => update(event.data));
  line.querySelector("button").addEventListener("click", send);
  document.querySelector("#undelivered button").addEventListener("click", async () => {
    await outbox.acknowledge(person.own);
    await update();
  });

  // -- a help request without network (offline_help_request.js) ----------------------------------------

  const request = document.getElementById("help-request");
  const isStudents = isShared && person.own !== "";
  if (request) outbox.setFlag({ id: "help-request", ...request.dataset, writer: person.own, at: Date.now() });
  else if (isStudents) outbox.getFlag("help-request").then((kept) => kept && outbox.setFlag({ ...kept, at: Date.now() }));
  else if (!document.getElementById("talk-later")) outbox.clearFlag("help-request"); // another's page, or nobody's

  // -- leaving ------------------------------------------------------------------------------------

  const pause = (ms) => new Promise((yes) => setTimeout(yes, ms));

  // Everything but the worker's cache, which names nobody, and what waits sealed.
  async function forget() {
    for (const name of (await self.caches?.keys()) ?? []) if (!name.startsWith("portal-")) await caches.delete(name);
    for (const store of [sessionStorage, localStorage]) store.clear();
    await navigator.clearAppBadge?.();
    const worker = await navigator.serviceWorker?.getRegistration();
    for (const shown of (await worker?.getNotifications?.()) ?? []) shown.close(); // they were for who left
  }

  // The next person binds this browser again (push_binding.js).
  function forgetBinding() {
    try { localStorage.removeItem("pushSubscription"); } catch { /* it keeps nothing */ }
  }

  // Where the next person begins: the first page, or after 「すぐに閉じる」 one that says nothing.
  let isLeaving = false;
  async function leave(isQuick, { to = "/", outside = "", title = "" } = {}) {
    if (isLeaving) return;
    isLeaving = true;
    person.leave(title); // before anything else: the next one may already be looking
    const isSeen = await signOutMark.raise();
    forgetBinding();
    const unbound = device.leave().catch(() => {});
    outbox.clearFlag("help-request");
    if (!isQuick) await limits.within(Promise.all([outbox.flush(), unbound]), FLUSH_MS).catch(() => {});
    // Until it is proved nothing of theirs is shown: by the worker, or where it sees nothing by this page.
    while (!(await signOutMark.prove(proof))) {
      if (isSeen && navigator.serviceWorker?.controller) return location.replace(to);
      await pause(AGAIN_MS);
    }
    await signOutMark.lower();
    await limits.within(forget(), FLUSH_MS).catch(() => {});
    location.replace(outside || to); // in place of the page that was shown
  }

  for (const way of ways) {
    const isQuick = way.dataset.leave === "quick";
    way.addEventListener(way.tagName === "FORM" ? "submit" : "click", (event) => {
      event.preventDefault();
      leave(isQuick, way.dataset);
    });
  }

  // A person who left before is signed out first; the offline page repeats it.
  async function finish() {
    if (isLeaving) return;
    if (!(await signOutMark.isUp())) {
      signOutMark.forget();
      document.documentElement.hidden = false;
      return;
    }
    if (person.isNamed) return leave(true);
    if (!(await signOutMark.settled(proof))) return setTimeout(finish, AGAIN_MS);
    if (!person.own) location.replace("/");
  }
  finish();

  // すぐに とじる: three times Shift, as elsewhere on pages that ask for help.
  let shifts = 0;
  if (quick) addEventListener("keydown", (event) => {
    shifts = event.key === "Shift" ? shifts + 1 : 0;
    if (shifts === 3) leave(true, quick.dataset);
  });

  // -- nobody there: in none of the tabs ------------------------------------------------------------

  // A page that was kept without network knows only that a student was the last one here.
  const isWatched = isStudents || (isShared && person.isStudentHere());
  for (const way of ways) if (way.hidden) way.hidden = !person.isSomebodyHere();
  if (isWatched && idle) {
    let since = Date.now();
    const last = () => { // a time still to come was written by another clock
      const shared = Number(person.get("touched"));
      return shared <= Date.now() ? Math.max(since, shared || 0) : since;
    };
    const wake = () => {
      if (Date.now() - since > 1000) person.set("touched", Date.now());
      since = Date.now();
      idle.hidden = true;
    };
    const watch = () => {
      const seconds = (Date.now() - last()) / 1000;
      idle.hidden = seconds < IDLE_S - WARNING_S;
      if (seconds >= IDLE_S) leave(false);
    };
    for (const sign of ["pointerdown", "keydown", "scroll", "input"]) addEventListener(sign, wake, { passive: true });
    document.addEventListener("visibilitychange", watch);
    setInterval(watch, 1000);
  }
})();
