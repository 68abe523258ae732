// Seals a form's answers to the server's key of the day: HPKE (RFC 9180), base mode, one message a
// key. The other end: apps/checkins/hpke.py.
"use strict";

self.sealing = self.crypto?.subtle && (() => {
  const KEM = Uint8Array.of(75, 69, 77, 0, 16); // "KEM", DHKEM(P-256, HKDF-SHA256)
  const SUITE = Uint8Array.of(72, 80, 75, 69, 0, 16, 0, 1, 0, 2); // "HPKE", … HKDF-SHA256, AES-256-GCM
  const CURVE = { name: "ECDH", namedCurve: "P-256" };
  const NONE = new Uint8Array(0);

  const text = (words) => new TextEncoder().encode(words);
  const joined = (...parts) => new Uint8Array(parts.flatMap((part) => [...part]));
  const unbase64 = (words) => Uint8Array.from(atob(words), (c) => c.charCodeAt(0));
  const base64 = (bytes) => btoa(String.fromCharCode(...bytes));
  const hex = (bytes) => [...bytes].map((byte) => byte.toString(16).padStart(2, "0")).join("");

  async function hmac(key, data) {
    const hash = { name: "HMAC", hash: "SHA-256" };
    const raw = key.length ? key : new Uint8Array(32); // HMAC fills a short key with zeros
    const made = await crypto.subtle.importKey("raw", raw, hash, false, ["sign"]);
    return new Uint8Array(await crypto.subtle.sign("HMAC", made, data));
  }
  // RFC 9180, section 4; every length wanted here fits one block of SHA-256.
  const extract = (suite, salt, label, data) =>
    hmac(salt, joined(text("HPKE-v1"), suite, text(label), data));
  const expand = async (suite, key, label, info, length) =>
    (await hmac(key, joined([0, length], text("HPKE-v1"), suite, text(label), info, [1]))).slice(0, length);

  async function seal(plain, point, info) {
    const theirs = await crypto.subtle.importKey("raw", point, CURVE, false, []);
    const own = await crypto.subtle.generateKey(CURVE, false, ["deriveBits"]);
    const sent = new Uint8Array(await crypto.subtle.exportKey("raw", own.publicKey));
    const agreed = new Uint8Array(
      await crypto.subtle.deriveBits({ name: "ECDH", public: theirs }, own.privateKey, 256),
    );
    const secret = await extract(KEM, NONE, "eae_prk", agreed);
    const shared = await expand(KEM, secret, "shared_secret", joined(sent, point), 32);
    const context = joined(
      [0],
      await extract(SUITE, NONE, "psk_id_hash", NONE),
      await extract(SUITE, NONE, "info_hash", info),
    );
    const scheduled = await extract(SUITE, shared, "secret", NONE);
    const raw = await expand(SUITE, scheduled, "key", context, 32);
    const iv = await expand(SUITE, scheduled, "base_nonce", context, 12);
    const key = await crypto.subtle.importKey("raw", raw, "AES-GCM", false, ["encrypt"]);
    return joined(sent, new Uint8Array(await crypto.subtle.encrypt({ name: "AES-GCM", iv }, key, plain)));
  }

  // The item for the outbox: ``form`` holds ticket, sealedTo, point and to as the page gave them, and
  // the writer's mark, with which this tablet tells nobody else when it cannot be delivered.
  async function item({ ticket, sealedTo, point, to, writer }, key, answers) {
    const content = text(JSON.stringify({ ticket, answers, elapsed: Math.floor(performance.now() / 1000) }));
    const body = await seal(content, unbase64(point), text(`kaga-portal check-in 1|${sealedTo}|${key}`));
    const digest = hex(new Uint8Array(await crypto.subtle.digest("SHA-256", body)));
    return { id: `${key} ${digest}`, to, key, sealed_to: sealedTo, body: base64(body), writer };
  }

  return { item };
})();
