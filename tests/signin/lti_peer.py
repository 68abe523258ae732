"""A 学習eポータル on loopback: its own signing keys, published over HTTP, and signed launches."""

import html
import http.server
import json
import threading
import time
from urllib.parse import parse_qs, urlsplit

import jwt
from cryptography.hazmat.primitives.asymmetric import rsa
from django.urls import reverse

from apps.signin.lti_claims import CLAIM, LEARNER, MESSAGE, VERSION
from apps.signin.models import LtiPlatform
from apps.signin.services import lti_platforms
from tests.signin.oidc_peer import query_of

ISSUER, CLIENT, DEPLOYMENT = "https://eportal.example.jp", "kaga", "d-1"
ASKED = {"iss": ISSUER, "client_id": CLIENT, "login_hint": "h-1", "lti_message_hint": "m-1"}


class LtiPeer:
    """The platform; ``keys`` at ``url`` are those published now."""

    def __init__(self):
        self.keys, self.n_asked = {}, 0
        self.says = {}  # claims of the tokens that its own pages post
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
                is_keys = self.path == "/keys"
                peer.n_asked += is_keys
                body = (json.dumps(peer.keys) if is_keys else peer.page(self.path)).encode()
                self.send_response(200)
                self.send_header("Content-Type", "application/json" if is_keys else "text/html")
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

    def page(self, path):
        """The platform's own pages: its answer to a launch, and a page that frames ``framed``."""
        asked = {name: values[0] for name, values in parse_qs(urlsplit(path).query).items()}
        if not path.startswith("/auth"):
            return f'<iframe width="600" height="600" src="{html.escape(self.framed)}"></iframe>'
        token = self.token(asked["nonce"], self.student, **self.says)
        fields = {"id_token": token, "state": asked["state"]}.items()
        inputs = "".join(f'<input type="hidden" name="{k}" value="{v}">' for k, v in fields)
        return (
            f'<form method="post" action="{html.escape(asked["redirect_uri"])}">{inputs}</form>'
            "<script>document.forms[0].submit()</script>"
        )

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


def platform_in_use(cast, settings, peer):
    """The platform as the city of the cast has entered, tested and switched it on."""
    settings.PRIVATE_SERVERS = [peer.origin]
    made = LtiPlatform(
        municipality=cast.city, name="まなび", issuer=ISSUER, client_id=CLIENT,
        auth_url=f"{peer.origin}/auth", keyset_url=peer.url, deployment_ids=[DEPLOYMENT],
    )  # fmt: skip
    lti_platforms.save_platform(made, by=cast.officer.user)
    assert "1個" in lti_platforms.test_platform(made, by=cast.officer.user)
    made.refresh_from_db()
    made.is_on = True
    lti_platforms.save_platform(made, by=cast.officer.user)
    return made


def begun(client, **changed):
    """What the portal asks of the platform."""
    answer = client.get(reverse("signin:lti_begin"), {**ASKED, **changed})
    assert answer.status_code == 302
    return query_of(answer.url)
