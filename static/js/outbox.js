// The outbox: answers sealed on this tablet that wait for the network. For pages and the worker.
"use strict";

self.outbox = (() => {
  const AT_ONCE = 50;
  const PATIENCE_MS = 10000;
  const KEEPALIVE_BYTES = 60000; // browsers allow 64 KiB
  const ENDPOINTS = ["/outbox/help-requests/", "/checkin/deliver/"]; // help requests go first
  const BODY_CHARS = 12000; // what the portal takes of one item, as base64
  const ONE_MAY_BE_WHY = new Set([400, 413, 500]);
  const held = new Map(); // where the browser stores nothing: at least while this page is open
  const news = "BroadcastChannel" in self ? new BroadcastChannel("outbox") : null;
  const { read, write, remove } = self.store;

  // Whether the item is safely written; where it is not, it lasts as long as this page.
  async function put(item) {
    try {
      await write("items", item);
      return true;
    } catch {
      held.set(item.id, item);
      return false;
    }
  }

  async function all() {
    const items = [...(await read("items").catch(() => [])), ...held.values()];
    return [...new Map(items.map((item) => [item.id, item])).values()]; // a slow write may have succeeded
  }

  async function forget(id) {
    held.delete(id);
    await remove("items", id).catch(() => {});
  }

  // -- what can never be delivered: shown to its writer, and to nobody else ------------------------

  async function putAside(item, state) {
    await forget(item.id);
    if (item.writer) await write("flags", { id: `aside ${item.id}`, writer: item.writer, state }).catch(() => {});
  }

  const undeliverable = async (writer) =>
    (await read("flags").catch(() => [])).filter((each) => writer && each.writer === writer && each.state);

  async function acknowledge(writer) {
    for (const { id } of await undeliverable(writer)) await remove("flags", id).catch(() => {});
  }

  // -- sending ------------------------------------------------------------------------------------

  const isSound = ({ id, to, key, sealed_to, body }) =>
    [key, sealed_to].every((part) => /^[0-9a-f-]{36}$/.test(part)) && ENDPOINTS.includes(to) &&
    typeof id === "string" && typeof body === "string" && body.length < BODY_CHARS;

  async function post(to, items) {
    const body = JSON.stringify({ items: items.map(({ key, sealed_to, body }) => ({ key, sealed_to, body })) });
    const options = {
      method: "POST",
      body,
      headers: { "Content-Type": "application/json" },
      credentials: "omit", // the ticket inside says who answered, nobody's session does
      keepalive: body.length < KEEPALIVE_BYTES,
    };
    try {
      const { ok, status, text } = await limits.ask(to, options, PATIENCE_MS);
      if (!ok) return { status, states: [] };
      self.dispatchEvent(new Event("reached")); // offline.js: the network is back
      return { status, states: JSON.parse(text).items };
    } catch {
      return { status: 0, states: [] }; // the attempt itself is the question, not navigator.onLine
    }
  }

  // An item goes only on an answer that names its form and its bytes, or its place where the
  // portal could read neither.
  async function deliver(to, items, found) {
    const { status, states } = await post(to, items);
    if (ONE_MAY_BE_WHY.has(status) && items.length > 1) {
      for (const item of items) if (!(await deliver(to, [item], found))) return 0; // no network
      return status;
    }
    for (const [n, { key, sha256, state }] of [...states].entries()) {
      const item = sha256 ? items.find(({ id }) => id === `${key} ${sha256}`) : items[n];
      if (!item || state === "later" || (!sha256 && item.key !== key)) continue;
      if (state === "kept") await forget(item.id);
      else await putAside(item, state);
      found.set(item.id, state);
    }
    return status;
  }

  async function work() {
    const found = new Map();
    for (const item of [...held.values()]) if (await put(item)) held.delete(item.id);
    const items = await all();
    for (const item of items) if (!isSound(item)) await putAside(item, "refused");
    for (const to of ENDPOINTS) {
      const bound = items.filter((item) => isSound(item) && item.to === to);
      for (let n = 0; n < bound.length; n += AT_ONCE) {
        if (!(await deliver(to, bound.slice(n, n + AT_ONCE), found))) break; // no network
      }
    }
    return found;
  }

  // Sends what waits; resolves to a Map of item id to "kept", "not_kept" or "refused".
  async function flush() {
    const found = navigator.locks ? await navigator.locks.request("outbox", work) : await work();
    if (found.size) news?.postMessage([...found.values()]);
    return found;
  }

  return {
    put,
    flush,
    news,
    undeliverable,
    acknowledge,
    count: async () => (await all()).length,
    isHolding: () => held.size > 0,
    getFlag: (id) => read("flags", id).catch(() => undefined),
    setFlag: (flag) => write("flags", flag).then(() => true, () => false),
    clearFlag: (id) => remove("flags", id).catch(() => {}),
  };
})();
