// Opens one aes128gcm body with the http_ece of npm: {body, scalar, auth} (base64url) on stdin.
"use strict";
const crypto = require("node:crypto");
const ece = require("http_ece");

const told = JSON.parse(require("node:fs").readFileSync(0, "utf8"));
const curve = crypto.createECDH("prime256v1");
curve.setPrivateKey(told.scalar, "base64url");
const body = Buffer.from(told.body, "base64url");
const plain = ece.decrypt(body, { version: "aes128gcm", privateKey: curve, authSecret: told.auth });
process.stdout.write(plain.toString("base64url"));
