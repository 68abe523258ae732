// The first page: keeps the device's subscription in step; invites where push is not on yet.
"use strict";

const LATER_MS = 14 * 24 * 3600 * 1000;
const card = document.getElementById("push-card");

const wasPutOff = () => Math.abs(Date.now() - Number(localStorage.pushCardLater ?? 0)) < LATER_MS;

pushSubscription.resync().then((word) => {
  if (card) card.hidden = !["ask", "lost", "install"].includes(word) || wasPutOff();
}, () => {});

document.getElementById("push-card-later")?.addEventListener("click", () => {
  localStorage.pushCardLater = Date.now();
  card.hidden = true;
});
navigator.clearAppBadge?.().catch(() => {});
