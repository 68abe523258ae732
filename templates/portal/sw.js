// The service worker: static files and one offline page, never a page of a signed-in person.
"use strict";

const CACHE = "portal-{{ version }}";
const SHELL = {{ shell|safe }};
const OFFLINE = "{{ offline }}";
const STATIC = "{{ static_url }}";
const LEAVE = "{{ leave }}";
const BELL = "お知らせが 1つ あります";

importScripts("{{ outbox }}");
outbox.flush(); // whatever woke the worker: perhaps the network is back

const bare = SHELL.map((path) => new Request(path, { credentials: "omit" })); // names nobody
const shelve = () => caches.open(CACHE).then((cache) => cache.addAll(bare));
addEventListener("install", (event) => event.waitUntil(shelve()));

addEventListener("activate", (event) => {
  event.waitUntil((async () => {
    for (const name of await caches.keys()) if (name !== CACHE) await caches.delete(name);
    await clients.claim();
  })());
});

addEventListener("message", (event) => {
  if (event.data === "take-over") skipWaiting();
});

addEventListener("fetch", (event) => {
  const { request } = event;
  if (request.method !== "GET") return;
  const url = new URL(request.url);
  if (url.origin !== location.origin) return;
  if (request.mode === "navigate") {
    event.respondWith(page(request));
  } else if (url.pathname.startsWith(STATIC)) {
    event.respondWith(fromShelf(request));
  }
});

async function page(request) {
  try {
    await leaveFirst();
    return await fetch(request);
  } catch {
    return (await caches.match(OFFLINE)) ?? Response.error();
  }
}

// Somebody left while there was no network: nobody's page is shown before that is done.
async function leaveFirst() {
  const left = await outbox.flag("leaving");
  if (!left) return;
  const body = new URLSearchParams({ csrfmiddlewaretoken: left.token, queue: "waiting" });
  await fetch(LEAVE, { method: "POST", body, redirect: "manual" });
  await outbox.lower("leaving");
}

// Background Sync, where the browser has it.
addEventListener("sync", (event) => {
  if (event.tag === "outbox") event.waitUntil(outbox.flush());
});

async function fromShelf(request) {
  const kept = await caches.match(request);
  if (kept) return kept;
  const answer = await fetch(request);
  if (answer.ok) (await caches.open(CACHE)).put(request, answer.clone());
  return answer;
}

// A bell without words (RFC 8030); the shape is that of Declarative Web Push. It is always
// shown: a silent push costs the subscription on iOS.
addEventListener("push", (event) => {
  let sent = {};
  try { sent = event.data?.json().notification ?? {}; } catch { /* the bell rings all the same */ }
  event.waitUntil(ring(sent));
});

async function ring(sent) {
  await registration.showNotification(sent.title || BELL, {
    tag: sent.tag || "notice",
    lang: "ja",
    icon: "{{ icon }}",
    data: { path: sent.navigate || "/" },
  });
  await count();
  const proof = sent.data?.ack;
  if (proof) await fetch("{% url 'push:ack' %}", { method: "POST", body: proof, credentials: "omit" }).catch(() => {});
}

async function count() {
  const shown = await registration.getNotifications();
  await (shown.length ? navigator.setAppBadge?.(shown.length) : navigator.clearAppBadge?.())?.catch(() => {});
}

addEventListener("notificationclick", (event) => {
  event.notification.close();
  const target = new URL(event.notification.data?.path || "/", location.origin);
  const path = target.origin === location.origin ? target.pathname : "/";
  event.waitUntil((async () => {
    const open = await clients.matchAll({ type: "window" });
    await count();
    if (open.length) { await open[0].focus(); await open[0].navigate(path); } else await clients.openWindow(path);
  })());
});
