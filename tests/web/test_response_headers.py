"""Every response has security headers and a content type, whichever layer sends it."""

import pytest
from django.http import HttpResponse
from django.test import Client

from tests import factories
from tests.architecture.addresses import every_address
from tests.web.test_buffered_wsgi import ask

SECURE = {"secure": True, "SERVER_NAME": "portal.example"}
PLAIN = {"SERVER_NAME": "portal.example"}
OF_MACHINES = [
    "/checkin/deliver/", "/leave/proved/", "/manifest.webmanifest", "/outbox/help-requests/", "/push/ack/",
    "/push/leave/", "/push/renew/", "/push/subscribe/", "/self-info/notify/", "/sw.js",
]  # fmt: skip


@pytest.fixture
def browser(settings, db):
    """Asks as production answers."""
    settings.ALLOWED_HOSTS = ["portal.example"]
    settings.SECURE_SSL_REDIRECT = True
    settings.SECURE_HSTS_SECONDS = 31_536_000
    settings.SECURE_HSTS_INCLUDE_SUBDOMAINS = settings.SECURE_HSTS_PRELOAD = True
    settings.SECURE_REDIRECT_EXEMPT = ["^healthz$", "^readyz$"]
    return Client(raise_request_exception=False)


def missing(answer):
    """What the headers of this answer lack."""
    policy = answer.headers.get("Content-Security-Policy", "")
    kind = answer.headers.get("Content-Type", "")
    is_text = kind.startswith("text/") or kind.split(";")[0].endswith(("xml", "javascript"))
    return [
        name
        for name, is_there in {
            "default-src": "default-src 'none'" in policy,
            "base-uri": "base-uri 'none'" in policy,
            "frame-ancestors": "frame-ancestors 'none'" in policy,
            "nosniff": answer.headers.get("X-Content-Type-Options") == "nosniff",
            "charset": not is_text or "charset=utf-8" in kind.lower().replace('"', ""),
            "cache": "Cache-Control" in answer.headers,
        }.items()
        if not is_there
    ]


def ask_as(browser, user):
    if user is not None:
        factories.force_sign_in(browser, user)


@pytest.mark.parametrize("who", ["", "sakura", "midori", "officer"])
def test_every_address_of_production(who, cast, browser):
    ask_as(browser, getattr(cast, who).user if who else None)
    lacking, n = {}, 0
    for address, _ in every_address():
        if address.startswith("/admin/") and who not in ("", "officer"):
            continue
        for method in ("get", "post"):
            answer = getattr(browser, method)(address, **SECURE)
            n += 1
            if missing(answer) or "Strict-Transport-Security" not in answer.headers:
                lacking[method, address] = answer.status_code, missing(answer)
    assert n > 100
    assert lacking == {}


@pytest.mark.parametrize(
    ("path", "kind"),
    [("/static/img/mark.svg", "image/svg+xml"), ("/static/js/app.js", "text/javascript"),
     ("/static/css/portal.css", "text/css"), ("/static/no-such.css", "text/html")],
)  # fmt: skip
def test_static_files_too(path, kind, browser):
    answer = browser.get(path, **SECURE)
    assert answer.headers["Content-Type"].startswith(kind)
    assert missing(answer) == []


@pytest.mark.parametrize("path", ["/", "/card/", "/c/", "/admin/", "/static/img/mark.svg"])
def test_the_way_to_https_too(path, browser):
    answer = browser.get(path, **PLAIN)
    assert (answer.status_code, answer["Location"]) == (301, f"https://portal.example{path}")
    assert missing(answer) == []


@pytest.mark.parametrize("how", [SECURE, PLAIN])
def test_an_unknown_host_too(how, browser):
    answer = browser.get("/", **{**how, "SERVER_NAME": "evil.example"})
    assert answer.status_code == 400
    assert missing(answer) == []


@pytest.mark.parametrize("path", ["/healthz", "/readyz"])
@pytest.mark.parametrize("how", [SECURE, PLAIN])
def test_what_a_balancer_asks_is_answered_as_it_asked(path, how, browser):
    answer = browser.get(path, **how)
    assert answer.status_code == 200
    assert missing(answer) == []


@pytest.mark.parametrize("method", ["get", "post"])
@pytest.mark.parametrize("path", OF_MACHINES)
def test_machines_are_refused_over_plain_http(path, method, browser):
    answer = getattr(browser, method)(path, **PLAIN)
    assert answer.status_code == 403
    assert missing(answer) == []


@pytest.mark.parametrize("path", ["/card/", "/accounts/login/", "/admin/people/student/"])
def test_no_form_is_led_on_from_plain_http(path, browser):
    assert browser.post(path, {"code": "ABCDE-FGHJK"}, **PLAIN).status_code == 403


def test_an_error_of_ours_too(browser, monkeypatch):
    def broken(*args, **kwargs):
        raise RuntimeError("broken")

    monkeypatch.setattr("apps.portal.views.render", broken)
    answer = browser.get("/", **SECURE)
    assert answer.status_code == 500
    assert missing(answer) == []


def test_what_the_server_refuses_before_the_portal_is_asked():
    status, headers, _ = ask(None, body=b"x" * 11, headers=[(b"content-length", b"11")])
    answer = HttpResponse(headers={k.decode(): v.decode() for k, v in headers.items()})
    assert status == 413
    assert missing(answer) == []
