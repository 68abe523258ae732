// The outbox: answers sealed on this tablet that wait for the network. For pages and the worker.
"use strict";

self.outbox = (() => {
  const AT_ONCE = 50;
  const PATIENCE_MS = 10000;
  const KEEPALIVE_BYTES = 60000; // browsers allow 64 KiB
  const held = new Map(); // where the browser stores nothing: at least while this page is open
  const news = "BroadcastChannel" in self ? new BroadcastChannel("outbox") : null;
  let opening;

  function database() {
    opening ??= new Promise((yes, no) => {
      const request = indexedDB.open("portal-outbox", 1);
      request.onupgradeneeded = () => {
        request.result.createObjectStore("items", { keyPath: "id" });
        request.result.createObjectStore("flags", { keyPath: "id" });
      };
      request.onsuccess = () => {
        // iOS closes a database when memory is short, clearing the site closes it too.
        request.result.onclose = () => { opening = undefined; };
        request.result.onversionchange = () => { request.result.close(); opening = undefined; };
        yes(request.result);
      };
      request.onerror = () => { opening = undefined; no(request.error); };
    });
    return opening;
  }

  // Runs one request and resolves when it is safely written.
  async function ask(store, mode, question) {
    const change = (await database()).transaction(store, mode);
    const request = question(change.objectStore(store));
    return new Promise((yes, no) => {
      change.oncomplete = () => yes(request.result);
      change.onabort = change.onerror = () => no(change.error);
    });
  }

  async function put(item) {
    try {
      await ask("items", "readwrite", (items) => items.put(item));
    } catch {
      held.set(item.id, item);
    }
  }

  async function all() {
    const kept = await ask("items", "readonly", (items) => items.getAll()).catch(() => []);
    return [...kept, ...held.values()];
  }

  async function remove(id) {
    held.delete(id);
    await ask("items", "readwrite", (items) => items.delete(id)).catch(() => {});
  }

  async function bring(to, items) {
    const body = JSON.stringify({ items: items.map(({ key, sealed_to, body }) => ({ key, sealed_to, body })) });
    try {
      const answer = await fetch(to, {
        method: "POST",
        body,
        headers: { "Content-Type": "application/json" },
        credentials: "omit", // the ticket inside says who answered, nobody's session does
        keepalive: body.length < KEEPALIVE_BYTES,
        signal: AbortSignal.timeout(PATIENCE_MS),
      });
      if (!answer.ok) return [];
      self.dispatchEvent(new Event("reached")); // offline.js: the network is back
      return (await answer.json()).items;
    } catch {
      return []; // never trust navigator.onLine: the attempt itself is the question
    }
  }

  // An item is forgotten only on an answer that names its form and its bytes.
  async function settle(to, items, found) {
    for (const { key, sha256, state } of await bring(to, items)) {
      const id = `${key} ${sha256}`;
      if (state === "later" || !items.some((item) => item.id === id)) continue;
      await remove(id);
      found.set(id, state);
    }
  }

  async function work() {
    const found = new Map();
    const items = await all();
    for (const to of new Set(items.map((item) => item.to))) {
      const bound = items.filter((item) => item.to === to);
      for (let n = 0; n < bound.length; n += AT_ONCE) await settle(to, bound.slice(n, n + AT_ONCE), found);
    }
    return found;
  }

  // Sends what waits; resolves to a Map of item id to "kept", "not_kept" or "refused".
  async function flush() {
    const found = navigator.locks ? await navigator.locks.request("outbox", work) : await work();
    if (found.size) news?.postMessage([...found.values()]);
    return found;
  }

  return {
    put,
    flush,
    news,
    count: async () => (await all()).length,
    flag: (id) => ask("flags", "readonly", (flags) => flags.get(id)).catch(() => undefined),
    raise: (flag) => ask("flags", "readwrite", (flags) => flags.put(flag)).catch(() => {}),
    lower: (id) => ask("flags", "readwrite", (flags) => flags.delete(id)).catch(() => {}),
  };
})();
