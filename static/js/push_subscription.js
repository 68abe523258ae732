// Shared by every page with push settings: what this browser can do, subscribing, binding.
"use strict";

const pushSubscription = (() => {
  const place = document.getElementById("push-subscription");
  const { key, url, user } = place.dataset;
  const PATIENCE_MS = 20000; // without a push service in reach, subscribe() never answers
  const BIND_MS = 10000;
  const WEEK_MS = 7 * 24 * 3600 * 1000;
  const PROVES = "secret"; // bound before there were secrets: once more

  const bytes = (text) =>
    Uint8Array.from(atob(text.replace(/-/g, "+").replace(/_/g, "/")), (c) => c.charCodeAt(0));

  const within = (promise) => limits.within(promise, PATIENCE_MS);

  const isApple = /iPad|iPhone|Macintosh/.test(navigator.userAgent) && navigator.maxTouchPoints > 1;
  const isInstalled = matchMedia("(display-mode: standalone)").matches || navigator.standalone === true;

  const isOurs = (subscription) => {
    const used = new Uint8Array(subscription.options?.applicationServerKey ?? []);
    const wanted = bytes(key);
    return used.length === wanted.length && wanted.every((byte, at) => byte === used[at]);
  };

  // unsupported | install | old | blocked | ask | lost (allowed, but not subscribed) | ok
  async function state() {
    if (!("serviceWorker" in navigator && "PushManager" in window && "Notification" in window)) {
      if (!isApple) return "unsupported";
      return isInstalled ? "old" : "install";
    }
    if (Notification.permission === "denied") return "blocked";
    if (Notification.permission !== "granted") return "ask";
    const worker = await navigator.serviceWorker.getRegistration();
    return (await worker?.pushManager.getSubscription()) ? "ok" : "lost";
  }

  async function bind(subscription, resync) {
    const options = {
      method: "POST",
      redirect: "error", // to signing in: the session is over
      headers: {
        "Content-Type": "application/json",
        "X-CSRFToken": place.querySelector("[name=csrfmiddlewaretoken]").value,
      },
      body: JSON.stringify({ ...subscription.toJSON(), key, resync }),
    };
    const { status, text } = await limits.ask(url, options, BIND_MS);
    if (status === 422) throw new Error("refused");
    if (status !== 201) throw new Error("not bound");
    await device.bound(subscription.toJSON(), bytes(key), JSON.parse(text).secret);
    localStorage.pushSubscription = JSON.stringify([user, key, subscription.endpoint.slice(-24), Date.now(), PROVES]);
  }

  async function subscribed() {
    const worker = await within(navigator.serviceWorker.ready);
    const subscription = await worker.pushManager.getSubscription();
    if (subscription && isOurs(subscription)) return subscription;
    if (subscription) await within(subscription.unsubscribe()); // made with an older key of the portal
    const options = { userVisibleOnly: true, applicationServerKey: bytes(key) };
    return within(worker.pushManager.subscribe(options));
  }

  // Only ever after a tap. Answers "ok", "blocked", "ask" (the question was only closed) or "network".
  async function turnOn() {
    if ((await Notification.requestPermission()) !== "granted") return state();
    try {
      await bind(await subscribed(), false);
      return "ok";
    } catch {
      return "network";
    }
  }

  // ``user`` names the sign-ins too: where staff or a new card ended them, the binding ended as well.
  const isFresh = (subscription) => {
    try {
      const [who, withKey, tail, at, proves] = JSON.parse(localStorage.pushSubscription);
      return who === user && withKey === key && proves === PROVES && subscription.endpoint.endsWith(tail) && Math.abs(Date.now() - at) < WEEK_MS;
    } catch {
      return false;
    }
  };

  // On every start: a browser may have changed the subscription, a tablet its owner.
  async function resync() {
    const now = await state();
    if (now !== "ok" && !(now === "lost" && "wants" in place.dataset)) return now;
    const subscription = await subscribed();
    if (!isFresh(subscription)) await bind(subscription, true).catch((error) => error.message === "refused" && within(subscription.unsubscribe()));
    return state();
  }

  return { place, state, turnOn, resync, isPhone: navigator.userAgent.includes("iPhone") };
})();
