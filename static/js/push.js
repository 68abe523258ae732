// The bell of this device: asked for only after a tap, never on load.
"use strict";

const card = document.getElementById("bell");
const state = document.getElementById("bell-state");
const button = document.getElementById("bell-on");
const PATIENCE_MS = 20000; // without a push service in reach, subscribe() never answers

const say = (word) => {
  state.textContent = state.dataset[word] ?? "";
  button.hidden = !["", "slow"].includes(word);
};

const bytes = (text) =>
  Uint8Array.from(atob(text.replace(/-/g, "+").replace(/_/g, "/")), (c) => c.charCodeAt(0));

const within = (promise) =>
  Promise.race([promise, new Promise((_, no) => setTimeout(() => no(new Error("slow")), PATIENCE_MS))]);

async function bind(subscription) {
  const answer = await fetch(card.dataset.url, {
    method: "POST",
    headers: {
      "Content-Type": "application/json",
      "X-CSRFToken": card.querySelector("[name=csrfmiddlewaretoken]").value,
    },
    body: JSON.stringify(subscription),
  });
  if (!answer.ok) throw new Error("refused");
}

async function subscribe() {
  say("busy");
  try {
    if ((await Notification.requestPermission()) !== "granted") return say("blocked");
    const worker = await within(navigator.serviceWorker.ready);
    const wish = { userVisibleOnly: true, applicationServerKey: bytes(card.dataset.key) };
    await bind(await within(worker.pushManager.subscribe(wish)));
    location.reload();
  } catch {
    say("slow");
  }
}

async function begin() {
  card.hidden = false;
  const apple = /iPad|iPhone|Macintosh/.test(navigator.userAgent) && navigator.maxTouchPoints > 1;
  if (!("serviceWorker" in navigator && "PushManager" in window)) {
    return say(apple && !matchMedia("(display-mode: standalone)").matches ? "install" : "unsupported");
  }
  if (Notification.permission === "denied") return say("blocked");
  const worker = await navigator.serviceWorker.getRegistration();
  const kept = await worker?.pushManager.getSubscription();
  if (!kept) return say("");
  await bind(kept); // a browser may have changed it, a tablet its owner
  say("ok");
}

button.addEventListener("click", subscribe);
begin().catch(() => say("slow"));
