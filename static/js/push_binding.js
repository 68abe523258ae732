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
    const options = {
      method: "POST",
      body: JSON.stringify(body),
      headers: { "Content-Type": "application/json" },
      credentials: "omit", // the secret of the binding proves it
      redirect: "error",
      keepalive: true,
    };
    return limits.ask(url, options, ANSWER_MS);
  }

  // Bound for somebody now: an earlier sign-out that was not yet reported must not end it.
  async function bound(subscription, key, secret) {
    await outbox.setFlag({ id: BOUND, subscription, key, secret });
    await outbox.clearFlag(UNBIND);
  }

  // Tells the portal that no messages go to this device any more; repeated until it has answered.
  // Without a secret it was never bound here, or before there were any: signing out ends that.
  async function leave() {
    const stored = await outbox.getFlag(BOUND);
    if (!stored?.secret) return outbox.clearFlag(BOUND);
    const { endpoint, keys } = stored.subscription;
    const proof = { endpoint, keys: { auth: keys.auth }, secret: stored.secret };
    await outbox.setFlag({ id: UNBIND, proof });
    await outbox.clearFlag(BOUND);
    await tell(proof);
  }

  async function tell(proof) {
    const { status } = await ask(LEAVE, proof).catch(() => ({ status: 0 }));
    if (status !== 204 && status !== 400) return;
    const waiting = await outbox.getFlag(UNBIND); // somebody else's leaving may wait there by now
    if (waiting?.proof.secret === proof.secret) await outbox.clearFlag(UNBIND);
  }

  async function finish() {
    const waiting = await outbox.getFlag(UNBIND);
    if (waiting) await tell(waiting.proof);
  }

  // The browser gave up a subscription, and perhaps made a new one (older ones name neither).
  async function changed(before, after) {
    const stored = await outbox.getFlag(BOUND);
    if (!stored?.secret) return; // nothing to prove it by: the next first screen binds it anew
    const old = { ...(before?.toJSON() ?? stored.subscription), secret: stored.secret };
    const key = before?.options?.applicationServerKey ?? stored.key;
    const options = { userVisibleOnly: true, applicationServerKey: key };
    const renewed = after ?? (await self.registration.pushManager.subscribe(options));
    const { status } = await ask(RENEW, { old, new: renewed.toJSON() });
    if (status === 204) await outbox.setFlag({ ...stored, subscription: renewed.toJSON() });
    if (status === 410) await outbox.clearFlag(BOUND); // ended at the portal: the next sign-in binds anew
  }

  return { bound, leave, finish, changed };
})();
