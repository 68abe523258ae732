"""A device with passkeys, in software: answers what a browser would post."""

import hashlib
import json
import secrets

from allauth.mfa.models import Authenticator
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256
from django.urls import reverse
from fido2.cose import ES256
from fido2.utils import websafe_encode
from fido2.webauthn import AttestationObject, AttestedCredentialData, AuthenticatorData

ORIGIN, RP_ID = "https://testserver", "testserver"
SIGN_IN = reverse("signin:passkey")
PRESENT, VERIFIED, ATTESTED = 0x01, 0x04, 0x40


class Device:
    """Holds one key. ``verifies``: whether it checks finger, face or PIN of its owner."""

    def __init__(self, verifies=True, origin=ORIGIN):
        self.key = ec.generate_private_key(ec.SECP256R1())
        self.id = secrets.token_bytes(16)
        self.user_handle = b""
        self.flags = PRESENT | (VERIFIED if verifies else 0)
        self.origin = origin

    def register(self, user, name="iPhone"):
        """The key as a row of this account, as a browser's answer would have made it."""
        self.user_handle = str(user.pk).encode()
        return Authenticator.objects.create(
            user=user,
            type=Authenticator.Type.WEBAUTHN,
            data={"name": name, "credential": self.attestation(b"challenge")},
        )

    def attestation(self, challenge):
        """The answer to the options for adding a key."""
        public = ES256.from_cryptography_key(self.key.public_key())
        attested = AttestedCredentialData.create(b"\0" * 16, self.id, public)
        data = AuthenticatorData.create(self._rp_hash(), self.flags | ATTESTED, 0, attested)
        client = self._client_data("webauthn.create", challenge)
        made = AttestationObject.create("none", data, {})
        return self._answer(
            {"clientDataJSON": websafe_encode(client), "attestationObject": websafe_encode(made)}
        ) | {"clientExtensionResults": {"credProps": {"rk": True}}}

    def answer(self, challenge):
        """The signed answer to a challenge (websafe base64)."""
        data = AuthenticatorData.create(self._rp_hash(), self.flags, 1)
        client = self._client_data("webauthn.get", challenge)
        signature = self.key.sign(bytes(data) + hashlib.sha256(client).digest(), ec.ECDSA(SHA256()))
        return self._answer(
            {
                "clientDataJSON": websafe_encode(client),
                "authenticatorData": websafe_encode(data),
                "signature": websafe_encode(signature),
                "userHandle": websafe_encode(self.user_handle),
            }
        )

    def sign_in(self, browser):
        """Sign in with this key; returns the response."""
        return browser.post(SIGN_IN, {"credential": json.dumps(self.answer(challenge_of(browser)))})

    def _answer(self, response):
        own_id = websafe_encode(self.id)
        return {
            "id": own_id, "rawId": own_id, "type": "public-key", "response": response,
            "clientExtensionResults": {},
        }  # fmt: skip

    def _client_data(self, kind, challenge):
        text = challenge if isinstance(challenge, str) else websafe_encode(challenge)
        return json.dumps({"type": kind, "challenge": text, "origin": self.origin}).encode()

    def _rp_hash(self):
        return hashlib.sha256(RP_ID.encode()).digest()


def challenge_of(browser):
    """What the sign-in page's script gets to sign."""
    options = browser.get(SIGN_IN, headers={"Accept": "application/json"}).json()
    return options["request_options"]["publicKey"]["challenge"]
