// The worker's cache: static files and pages that name nobody. A missing entry is fetched again, a
// cache that throws is ignored, and the last resort is in this file.
"use strict";

self.offlineCache = (() => {
  const CACHE_MS = 2000;
  const FILE_MS = 20000;
  const LAST_RESORT = `<!doctype html><html lang="ja"><meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1"><meta name="color-scheme" content="light dark">
<title>つながって いません - 加賀ポータル</title>
<main><h1>いま、インターネットに つながって いません</h1>
<p><a href="/">もういちど ひらく</a></p>
<h2>すぐに はなせる</h2>
<ul><li>ちかくの おとなに いう
<li><a href="tel:0120078310">0120-0-78310</a> 24じかん こどもSOSダイヤル
<li><a href="tel:110">110</a> けいさつ / <a href="tel:119">119</a> きゅうきゅう</ul></main>`;

  const BLANK = "/blank/"; // says nothing, whoever left and whatever the network does
  const NOTHING = `<!doctype html><html lang="ja"><meta charset="utf-8"><title>ページ</title>`;

  const quiet = (promise) => limits.within(promise, CACHE_MS).catch(() => undefined);
  // Names nobody, and is never what the browser's own cache kept of an earlier version.
  const fresh = (path) =>
    limits.within(fetch(new Request(path, { cache: "reload", credentials: "omit" })), FILE_MS);

  async function fetched(path) {
    const answer = await fresh(path);
    if (!answer.ok || answer.redirected) throw new Error(`${path}: ${answer.status}`);
    return [path, answer];
  }

  async function put(name, pieces) {
    const cache = await caches.open(name);
    for (const [path, answer] of pieces) await cache.put(path, answer);
  }

  // Rejects unless every entry is there: then the old worker stays. A broken cache alone is no reason.
  async function fill(name, paths) {
    const pieces = await Promise.all(paths.map(fetched));
    await quiet(put(name, pieces));
  }

  // Fetches what is missing, each entry by itself.
  async function refill(name, paths) {
    const cache = await caches.open(name);
    const found = new Set((await cache.keys()).map(({ url }) => new URL(url).pathname));
    for (const path of paths) if (!found.has(path)) await fetched(path).then((piece) => put(name, [piece])).catch(() => {});
  }

  // One of the pages without network; available whatever became of the cache.
  async function page(name, path, lastResort = LAST_RESORT) {
    const kept = await quiet(caches.open(name).then((cache) => cache.match(path)));
    return kept ?? new Response(lastResort, { headers: { "Content-Type": "text/html; charset=utf-8" } });
  }

  const isBlank = (url) => url.pathname === BLANK;
  const blank = (name) => page(name, BLANK, NOTHING);

  async function file(name, request) {
    const kept = await quiet(caches.match(request));
    if (kept) return kept;
    const answer = await limits.within(fetch(request), FILE_MS);
    if (answer.ok) quiet(put(name, [[request, answer.clone()]]));
    return answer;
  }

  const tidy = async (name) => {
    for (const other of await caches.keys()) if (other.startsWith("portal-") && other !== name) await caches.delete(other);
  };

  return { isBlank, blank, fill, refill, page, file, tidy: (name) => quiet(tidy(name)) };
})();
