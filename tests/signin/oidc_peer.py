"""A real OpenID provider on loopback (PyPI oidc-provider-mock), and a browser's way through it."""

import threading
from urllib.parse import parse_qs, urlsplit

import requests
import werkzeug.serving
from oidc_provider_mock import app


class OidcPeer:
    """The provider at ``url``; ``put`` gives an account its claims."""

    def __enter__(self):
        self.server = werkzeug.serving.make_server("127.0.0.1", 0, app(), threaded=True)
        self.url = f"http://127.0.0.1:{self.server.server_port}"
        self.thread = threading.Thread(target=self.server.serve_forever, args=(0.05,), daemon=True)
        self.thread.start()
        return self

    def __exit__(self, *_):
        self.server.shutdown()
        self.thread.join(5)

    def put(self, sub, **claims):
        answer = requests.put(f"{self.url}/users/{sub}", json=claims, timeout=5)
        assert answer.ok, answer.text

    def approve(self, url, sub):
        """The address to which the provider sends the browser back."""
        answer = requests.post(url, data={"sub": sub}, allow_redirects=False, timeout=5)
        assert answer.status_code == 302, answer.text
        return answer.headers["Location"]


def path_of(url):
    """The path and query of a URL, for Django's client."""
    parts = urlsplit(url)
    return f"{parts.path}?{parts.query}"


def query_of(url):
    return {name: values[0] for name, values in parse_qs(urlsplit(url).query).items()}
