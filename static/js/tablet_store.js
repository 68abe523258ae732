// This tablet's own small database (IndexedDB): items that wait, and flags. Every question has a
// limit of time, and what an older or a newer portal left there is used as it is.
"use strict";

self.store = (() => {
  const NAME = "portal-outbox";
  const STORES = ["items", "flags"];
  const ANSWER_MS = 1500;
  const PAUSE_MS = 5000; // a database that does not answer is left alone for a while
  let opening;
  let awayUntil = 0;

  function open(version) { // none: whichever is there
    return new Promise((yes, no) => {
      const request = indexedDB.open(NAME, version);
      request.onupgradeneeded = () => {
        const missing = STORES.filter((name) => !request.result.objectStoreNames.contains(name));
        for (const name of missing) request.result.createObjectStore(name, { keyPath: "id" });
      };
      request.onsuccess = () => {
        const found = request.result;
        // iOS closes a database when memory is short, clearing the site closes it too.
        found.onclose = () => { opening = undefined; };
        found.onversionchange = () => { found.close(); opening = undefined; };
        if (STORES.every((name) => found.objectStoreNames.contains(name))) return yes(found);
        found.close();
        yes(open(found.version + 1));
      };
      request.onerror = () => no(request.error);
    });
  }

  // Runs one request and resolves when it is safely written.
  async function run(name, mode, question) {
    opening ??= open();
    const change = (await opening).transaction(name, mode);
    const request = question(change.objectStore(name));
    return new Promise((yes, no) => {
      change.oncomplete = () => yes(request.result);
      change.onabort = change.onerror = () => no(change.error);
    });
  }

  async function ask(...question) {
    if (performance.now() < awayUntil) throw new Error("away");
    try {
      return await limits.within(run(...question), ANSWER_MS);
    } catch (error) {
      opening = undefined;
      if (error.message === "too slow") awayUntil = performance.now() + PAUSE_MS;
      throw error;
    }
  }

  return {
    read: (name, id) => ask(name, "readonly", (rows) => (id === undefined ? rows.getAll() : rows.get(id))),
    write: (name, row) => ask(name, "readwrite", (rows) => rows.put(row)),
    remove: (name, id) => ask(name, "readwrite", (rows) => rows.delete(id)),
  };
})();
