"""Everything a page of this origin can find stored in the browser, as one text."""

READ = """async () => {
  const found = [JSON.stringify(localStorage), JSON.stringify(sessionStorage), document.cookie];
  for (const { name } of await indexedDB.databases()) {
    const db = await new Promise((yes) => {
      const request = indexedDB.open(name);
      request.onsuccess = () => yes(request.result);
    });
    for (const store of db.objectStoreNames) {
      found.push(JSON.stringify(await new Promise((yes) => {
        const request = db.transaction(store).objectStore(store).getAll();
        request.onsuccess = () => yes(request.result);
      })));
    }
    db.close();
  }
  for (const name of await caches.keys()) {
    const cache = await caches.open(name);
    for (const request of await cache.keys()) {
      found.push(request.url, await (await cache.match(request)).text());
    }
  }
  return found.join("\\n");
}"""


def everything_stored(page):
    """Local storage, readable cookies, IndexedDB and Cache Storage, concatenated."""
    return page.evaluate(READ)
