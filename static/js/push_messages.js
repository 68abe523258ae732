// What the worker shows when a push message arrives, and where a tap on it leads.
"use strict";

self.messages = (() => {
  const WORDS = "お知らせが 1つ あります";
  const ACK_MS = 10000;
  const FOCUS_MS = 3000;

  async function badge() {
    const shown = await registration.getNotifications();
    await (shown.length ? navigator.setAppBadge?.(shown.length) : navigator.clearAppBadge?.());
  }

  const count = () => badge().catch(() => {});

  async function show(sent, { icon, ack }) {
    await registration.showNotification(sent.title || WORDS, {
      tag: sent.tag || "notice",
      lang: "ja",
      icon,
      data: { path: sent.navigate || "/" },
    });
    await count();
    const proof = sent.data?.ack;
    const options = { method: "POST", body: proof, credentials: "omit" };
    if (proof) await limits.ask(ack, options, ACK_MS).catch(() => {});
  }

  // In a window that is there; where it cannot be brought forward, in a new one.
  async function open(where) {
    const target = new URL(where || "/", location.origin);
    const path = target.origin === location.origin ? target.pathname : "/";
    try {
      const [window] = await clients.matchAll({ type: "window" });
      await limits.within(window.focus(), FOCUS_MS);
      await window.navigate(path); // its page has a limit of its own
    } catch {
      await clients.openWindow(path);
    }
  }

  return { show, count, open };
})();
