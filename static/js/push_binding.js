// This browser's push subscription at the portal, without any session: it ends when somebody
// leaves, and follows when the browser changes it. For pages and the worker.
"use strict";

self.device = (() => {
  const LEAVE = "/push/leave/";
  const RENEW = "/push/renew/";
  const ANSWER_MS = 6000;
  const BOUND = "bound"; // what the portal sends to: {subscription, key, secret}
  const UNBIND = "unbind"; // what still has to be told to the portal

  function ask(url, body) {
    const wish = {
      method: "POST",
      body: JSON.stringify(body),
      headers: { "Content-Type": "application/json" },
      credentials: "omit", // the secret of the binding proves it
      redirect: "error",
      keepalive: true,
    };
    return limits.ask(url, wish, ANSWER_MS);
  }

  // Bound for somebody now: an earlier sign-out that was not yet reported must not end it.
  async function bound(subscription, key, secret) {
    await outbox.raise({ id: BOUND, subscription, key, secret });
    await outbox.lower(UNBIND);
  }

  // Tells the portal that no messages go to this device any more; repeated until it has answered.
  // Without a secret it was never bound here, or before there were any: signing out ends that.
  async function leave() {
    const kept = await outbox.flag(BOUND);
    if (!kept?.secret) return outbox.lower(BOUND);
    const { endpoint, keys } = kept.subscription;
    const told = { endpoint, keys: { auth: keys.auth }, secret: kept.secret };
    await outbox.raise({ id: UNBIND, told });
    await outbox.lower(BOUND);
    await tell(told);
  }

  async function tell(told) {
    const { status } = await ask(LEAVE, told).catch(() => ({ status: 0 }));
    if (status !== 204 && status !== 400) return;
    const waiting = await outbox.flag(UNBIND); // somebody else's leaving may wait there by now
    if (waiting?.told.secret === told.secret) await outbox.lower(UNBIND);
  }

  async function finish() {
    const waiting = await outbox.flag(UNBIND);
    if (waiting) await tell(waiting.told);
  }

  // The browser gave up a subscription, and perhaps made a new one (older ones name neither).
  async function changed(before, after) {
    const kept = await outbox.flag(BOUND);
    if (!kept?.secret) return; // nothing to prove it by: the next first screen binds it anew
    const old = { ...(before?.toJSON() ?? kept.subscription), secret: kept.secret };
    const key = before?.options?.applicationServerKey ?? kept.key;
    const wish = { userVisibleOnly: true, applicationServerKey: key };
    const made = after ?? (await self.registration.pushManager.subscribe(wish));
    const { status } = await ask(RENEW, { old, new: made.toJSON() });
    if (status === 204) await outbox.raise({ ...kept, subscription: made.toJSON() });
    if (status === 410) await outbox.lower(BOUND); // ended at the portal: the next sign-in binds anew
  }

  return { bound, leave, finish, changed };
})();
