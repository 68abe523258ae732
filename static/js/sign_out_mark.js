// A mark that somebody left, which stays until the portal has proved that they are signed out.
// For pages and the worker.
"use strict";

self.signOutMark = (() => {
  const STORE = "leaving";
  const MARK = "/leaving"; // in a cache of its own: there even where IndexedDB is not
  const STORE_MS = 1000;
  const PROOF_MS = 6000;

  const tried = (promise) => limits.within(promise, STORE_MS).then(() => true, () => false);
  const inCaches = async (verb) => verb(await self.caches.open(STORE));
  const note = (state) => {
    try {
      if (state) localStorage.leaving = state;
      else localStorage.removeItem("leaving");
    } catch { /* the worker has no localStorage, some browsers neither */ }
  };

  // Marks that somebody left, wherever something can be kept; resolves to whether the worker sees it.
  async function raise() {
    const marked = await Promise.all([
      tried(inCaches((cache) => cache.put(MARK, new Response("")))),
      outbox.setFlag({ id: "leaving" }),
    ]);
    const isSeen = marked.includes(true);
    note(isSeen ? "worker" : "page"); // only now: the other tabs go on when they see it
    return isSeen;
  }

  async function isUp() {
    const found = await Promise.all([
      limits.within(inCaches((cache) => cache.match(MARK)), STORE_MS).catch(() => undefined),
      outbox.getFlag("leaving"),
    ]);
    return found.some(Boolean) || isNoted();
  }

  // What the page alone can see: left where neither cache nor database keeps anything.
  function isNoted() {
    try {
      return localStorage.leaving === "page";
    } catch {
      return false;
    }
  }

  async function lower() {
    note(null);
    await Promise.all([tried(inCaches((cache) => cache.delete(MARK))), outbox.clearFlag("leaving")]);
  }

  // Only an answer that repeats what was asked proves it: no error page, no proxy does.
  async function prove(url) {
    const nonce = `${Date.now().toString(16)}-${Math.random().toString(16).slice(2)}`; // no secret, only ours
    const options = { method: "POST", headers: { "X-Leave": nonce }, redirect: "error", cache: "no-store" };
    try {
      const { ok, text } = await limits.ask(url, options, PROOF_MS);
      return ok && JSON.parse(text).left === nonce;
    } catch {
      return false;
    }
  }

  // Whether nobody is left to sign out; tries to, where somebody is.
  async function settled(url) {
    if (!(await isUp())) return true;
    if (!(await prove(url))) return false;
    await lower();
    return true;
  }

  return { raise, isUp, lower, prove, settled, forget: () => note(null) };
})();
