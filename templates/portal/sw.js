// The service worker: static files and one offline page, never a page of a signed-in person.
"use strict";

const CACHE = "portal-{{ version }}";
const SHELL = {{ shell|safe }};
const OFFLINE = "{{ offline }}";
const STATIC = "{{ static_url }}";
const LEAVE = "{{ leave }}";
const PLACES = "{{ places }}";
const BELL = "お知らせが 1つ あります";

const PAGE_MS = 10000;
const ACK_MS = 10000;
const WINDOW_MS = 3000;
const DOWN = [502, 503, 504];

importScripts({{ scripts|safe }});
outbox.flush(); // whatever woke the worker: perhaps the network is back
device.finish();

addEventListener("install", (event) => event.waitUntil(shelf.fill(CACHE, SHELL)));

addEventListener("activate", (event) => {
  event.waitUntil(shelf.tidy(CACHE).then(() => clients.claim()));
});

addEventListener("message", (event) => {
  if (event.data === "take-over") skipWaiting();
  if (event.data === "claim") event.waitUntil(clients.claim());
});

addEventListener("fetch", (event) => {
  const { request } = event;
  if (request.method !== "GET") return;
  const url = new URL(request.url);
  if (url.origin !== location.origin) return;
  if (request.mode === "navigate") {
    event.respondWith(page(event, url));
  } else if (url.pathname.startsWith(STATIC)) {
    event.respondWith(shelf.file(CACHE, request));
  }
});

// Somebody may have left: nobody's page is shown before it is proved that they are signed out.
async function page(event, url) {
  try {
    if (!(await leaving.settled(LEAVE))) return await withoutName(url);
    const answer = await limits.within(fetch(event.request), PAGE_MS);
    if (DOWN.includes(answer.status) && !answer.headers.has("Content-Security-Policy")) throw new Error("down");
    event.waitUntil(shelf.refill(CACHE, SHELL).catch(() => {}));
    return answer;
  } catch {
    return shelf.page(CACHE, OFFLINE);
  }
}

// The places to talk are everybody's; all else waits.
async function withoutName(url) {
  if (!url.pathname.startsWith(PLACES)) return shelf.page(CACHE, OFFLINE);
  return limits.within(fetch(url.pathname + url.search, { credentials: "omit" }), PAGE_MS);
}

// Background Sync, where the browser has it.
addEventListener("sync", (event) => {
  if (event.tag === "outbox") event.waitUntil(Promise.all([outbox.flush(), device.finish()]));
});

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
  await count().catch(() => {});
  const proof = sent.data?.ack;
  const wish = { method: "POST", body: proof, credentials: "omit" };
  if (proof) await limits.ask("{% url 'push:ack' %}", wish, ACK_MS).catch(() => {});
}

async function count() {
  const shown = await registration.getNotifications();
  await (shown.length ? navigator.setAppBadge?.(shown.length) : navigator.clearAppBadge?.());
}

// The browser changed its subscription; what does not succeed the next first screen does (bell.js).
addEventListener("pushsubscriptionchange", (event) => {
  event.waitUntil(device.changed(event.oldSubscription, event.newSubscription).catch(() => {}));
});

addEventListener("notificationclick", (event) => {
  event.notification.close();
  const target = new URL(event.notification.data?.path || "/", location.origin);
  const path = target.origin === location.origin ? target.pathname : "/";
  event.waitUntil(Promise.all([bring(path), count().catch(() => {})]));
});

// In a window that is there; where it cannot be brought forward, in a new one.
async function bring(path) {
  try {
    const [window] = await clients.matchAll({ type: "window" });
    await limits.within(window.focus(), WINDOW_MS);
    await limits.within(window.navigate(path), WINDOW_MS);
  } catch {
    await clients.openWindow(path);
  }
}
