// The service worker: static files and one offline page, never a page of a signed-in person.
"use strict";

const CACHE = "portal-{{ version }}";
const SHELL = {{ shell|safe }};
const OFFLINE = "{{ offline }}";
const NOT_SENT = "{{ not_sent }}";
const STAFF = "{{ staff }}";
const STATIC = "{{ static_url }}";
const LEAVE = "{{ leave }}";
const PLACES = "{{ places }}";
const MESSAGE = { icon: "{{ icon }}", ack: "{% url 'push:ack' %}" };

importScripts({{ scripts|safe }});
outbox.flush(); // whatever woke the worker: perhaps the network is back
device.finish();

const isStaff = (url) => url.pathname.startsWith(STAFF);

addEventListener("install", (event) => event.waitUntil(offlineCache.fill(CACHE, SHELL)));

addEventListener("activate", (event) => {
  event.waitUntil(offlineCache.tidy(CACHE).then(() => clients.claim()));
});

addEventListener("message", (event) => {
  if (event.data === "take-over") skipWaiting();
  if (event.data === "claim") event.waitUntil(clients.claim());
});

addEventListener("fetch", (event) => {
  const { request } = event;
  const url = new URL(request.url);
  if (url.origin !== location.origin) return;
  if (sending.isForm(request)) return event.respondWith(form(request, url));
  if (request.method !== "GET") return;
  if (request.mode === "navigate") {
    event.respondWith(page(event, url));
  } else if (url.pathname.startsWith(STATIC)) {
    event.respondWith(offlineCache.file(CACHE, request));
  }
});

// Somebody may have left: nobody's page is shown before it is proved that they are signed out.
async function page(event, url) {
  try {
    if (offlineCache.isBlank(url)) return await offlineCache.blank(CACHE);
    if (!(await signOutMark.settled(LEAVE))) return await withoutName(url);
    const answer = await sending.answer(event.request, "page", isStaff(url));
    event.waitUntil(offlineCache.refill(CACHE, SHELL).catch(() => {}));
    return answer;
  } catch {
    return offlineCache.page(CACHE, OFFLINE);
  }
}

// Without an answer the page can send it again.
async function form(request, url) {
  try {
    if (!(await signOutMark.settled(LEAVE))) return await offlineCache.page(CACHE, OFFLINE);
    return await sending.answer(request, "form", isStaff(url));
  } catch {
    return offlineCache.page(CACHE, NOT_SENT);
  }
}

// The places to talk are everybody's; all else waits.
async function withoutName(url) {
  if (!url.pathname.startsWith(PLACES)) return offlineCache.page(CACHE, OFFLINE);
  return sending.ofNobody(url);
}

// Background Sync, where the browser has it.
addEventListener("sync", (event) => {
  if (event.tag === "outbox") event.waitUntil(Promise.all([outbox.flush(), device.finish()]));
});

// As Declarative Web Push has it. Always shown: on iOS a silent push ends the subscription.
addEventListener("push", (event) => {
  let sent = {};
  try { sent = event.data?.json().notification ?? {}; } catch { /* shown without */ }
  event.waitUntil(messages.show(sent, MESSAGE));
});

// The browser changed its subscription; what fails here the next first page does (push_binding.js).
addEventListener("pushsubscriptionchange", (event) => {
  event.waitUntil(device.changed(event.oldSubscription, event.newSubscription).catch(() => {}));
});

addEventListener("notificationclick", (event) => {
  event.notification.close();
  event.waitUntil(Promise.all([messages.open(event.notification.data?.path), messages.count()]));
});
