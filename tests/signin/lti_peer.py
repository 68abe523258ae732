"""A 学習eポータル on loopback: its own signing keys, published over HTTP, and signed launches."""

import http.server
import json
import threading
import time

import jwt
from cryptography.hazmat.primitives.asymmetric import rsa

from apps.signin.lti_claims import CLAIM, LEARNER, MESSAGE, VERSION

ISSUER, CLIENT, DEPLOYMENT = "https://eportal.example.jp", "kaga", "d-1"


class LtiPeer:
    """The platform; ``keys`` at ``url`` are those published now."""

    def __init__(self):
        self.keys, self.n_asked = {}, 0
        self.rotate("k1")

    def rotate(self, kid):
        """Publish one new key in place of all others."""
        self.kid = kid
        self.private = rsa.generate_private_key(public_exponent=65537, key_size=2048)
        public = json.loads(jwt.algorithms.RSAAlgorithm.to_jwk(self.private.public_key()))
        self.keys = {"keys": [{**public, "kid": kid, "use": "sig", "alg": "RS256"}]}

    def __enter__(self):
        peer = self

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_GET(self):
                peer.n_asked += 1
                body = json.dumps(peer.keys).encode()
                self.send_response(200)
                self.send_header("Content-Type", "application/json")
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_):
                pass

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.origin = f"http://127.0.0.1:{self.server.server_port}"
        self.url = f"{self.origin}/keys"
        threading.Thread(target=self.server.serve_forever, args=(0.05,), daemon=True).start()
        return self

    def __exit__(self, *_):
        self.server.shutdown()

    def token(self, nonce, subject, *, key=None, **changed):
        """A signed launch; names that begin with ``lti_`` are claims of LTI."""
        now = int(time.time())
        claims = {
            "iss": ISSUER, "aud": CLIENT, "sub": str(subject), "nonce": nonce, "iat": now,
            "exp": now + 300, f"{CLAIM}message_type": MESSAGE, f"{CLAIM}version": VERSION,
            f"{CLAIM}deployment_id": DEPLOYMENT, f"{CLAIM}roles": [LEARNER],
            f"{CLAIM}resource_link": {"id": "r-1"},
        }  # fmt: skip
        claims |= {
            name.replace("lti_", CLAIM, 1) if name.startswith("lti_") else name: value
            for name, value in changed.items()
        }
        return jwt.encode(claims, key or self.private, algorithm="RS256", headers={"kid": self.kid})
