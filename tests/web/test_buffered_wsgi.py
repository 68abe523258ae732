"""The ASGI adapter: the WSGI environ Django gets, and the response the client gets."""

import asyncio
import io

import pytest
from django.core.handlers.wsgi import WSGIRequest

from kaga_portal.buffered_wsgi import BufferedWsgi, make_environ

SCOPE = {
    "type": "http", "method": "POST", "path": "/名簿/", "query_string": b"q=%FF", "scheme": "https",
    "http_version": "1.1", "server": ("127.0.0.1", 8000), "client": ("192.0.2.7", 5),
    "headers": [],
}  # fmt: skip


def environ_with(*headers):
    return make_environ({**SCOPE, "headers": headers}, is_multithread=False)


def ask(application, body=b"", headers=(), limit_for=lambda environ: 10, **more):
    """(status, headers as a dict, body) of one request."""
    sent, parts = [], [{"type": "http.request", "body": body, "more_body": False}]

    async def receive():
        return parts.pop(0)

    async def send(message):
        sent.append(message)

    served = BufferedWsgi(application, default_limit=10, limit_for=limit_for, **more)
    asyncio.run(served({**SCOPE, "headers": headers}, receive, send))
    start, content = sent
    return start["status"], dict(start["headers"]), content["body"]


def test_the_address_reaches_django_as_the_standard_wants_it():
    environ = environ_with((b"host", b"portal.example"), (b"content-type", b"text/plain"))
    assert environ["PATH_INFO"].encode("latin-1").decode() == "/名簿/"
    assert environ["QUERY_STRING"] == "q=%FF"
    assert (environ["REMOTE_ADDR"], environ["wsgi.url_scheme"]) == ("192.0.2.7", "https")
    assert (environ["HTTP_HOST"], environ["CONTENT_TYPE"]) == ("portal.example", "text/plain")


@pytest.mark.parametrize("charset", ["charset=hex", 'CHARSET="idna"', "charset*=utf-8''undefined"])
def test_a_charset_that_a_request_names_is_not_believed(charset):
    sent = f"multipart/form-data; {charset}; boundary=B".encode()
    environ = environ_with((b"content-type", sent))
    assert environ["CONTENT_TYPE"] == "multipart/form-data; boundary=B"
    environ["wsgi.input"] = io.BytesIO()
    assert WSGIRequest(environ).GET["q"] == "\N{REPLACEMENT CHARACTER}"


def test_cookies_of_several_lines_and_of_other_sites_in_raw_japanese_are_kept():
    environ = environ_with((b"cookie", "town=加賀".encode()), (b"cookie", b"sessionid=a"))
    assert environ["HTTP_COOKIE"].encode("latin-1") == "town=加賀; sessionid=a".encode()


def test_a_header_spelt_with_an_underscore_cannot_pass_for_the_proxys():
    environ = environ_with((b"x_forwarded_proto", b"https"), (b"x-forwarded-proto", b"http"))
    assert environ["HTTP_X_FORWARDED_PROTO"] == "http"


def test_the_application_reads_the_whole_body_and_is_closed_after_its_answer():
    closed = []

    class Parts(list):
        def close(self):
            closed.append(True)

    def application(environ, start_response):
        start_response("201 Created", [("X-Place", "here")])
        assert environ["CONTENT_LENGTH"] == "5"
        return Parts([environ["wsgi.input"].read(), b"!"])

    chunked = [(b"transfer-encoding", b"chunked")]
    status, headers, body = ask(application, b"abcde", chunked)
    assert (status, headers[b"x-place"], body) == (201, b"here", b"abcde!")
    assert closed == [True]


def test_a_body_too_large_never_reaches_the_application():
    def application(environ, start_response):
        raise AssertionError("reached")

    noted = []
    status, headers, body = ask(
        application, headers=[(b"content-length", b"600000000")], note_refused=noted.append
    )
    assert (status, headers[b"connection"]) == (413, b"close")
    assert [environ["REMOTE_ADDR"] for environ in noted] == ["192.0.2.7"]
    assert "大きすぎる" in body.decode()


def test_an_application_that_breaks_is_an_answer_of_500():
    def application(environ, start_response):
        raise OSError

    status, _, body = ask(application)
    assert status == 500
    assert "エラー" in body.decode()
