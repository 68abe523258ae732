"""Addresses with dots where phones had them, and with a full-width ＠: read, stored and sent to."""

import socketserver
import threading

import pytest
from django.core.exceptions import ValidationError
from django.core.mail import EmailMessage, get_connection
from django.core.validators import validate_email

from apps.core.email_addresses import rfc_address
from apps.signin.account_forms import LoginForm, SignupForm

DOTTED = ["a..b@docomo.ne.jp", ".a@docomo.ne.jp", "a.@ezweb.ne.jp", "a.-b...c.@softbank.ne.jp"]


@pytest.mark.parametrize("address", [*DOTTED, "a.b@example.com", '"a..b"@docomo.ne.jp'])
def test_an_address_as_phones_had_it_is_an_address(address):
    validate_email(address)


@pytest.mark.parametrize(
    "address", ["a b@x.jp", "@x.jp", "a@", "a@x..jp", "a,b@x.jp", "a@x.jp\nb", "a..b"]
)
def test_what_is_no_address_is_still_refused(address):
    with pytest.raises(ValidationError):
        validate_email(address)


@pytest.mark.parametrize(
    ("address", "written"),
    [("a..b@docomo.ne.jp", '"a..b"@docomo.ne.jp'), (".a@x.jp", '".a"@x.jp'),
     ("a.@x.jp", '"a."@x.jp'), ("a.b@x.jp", "a.b@x.jp"), ('"a.."@x.jp', '"a.."@x.jp')],
)  # fmt: skip
def test_dots_that_need_quotes_get_them_and_others_do_not(address, written):
    assert rfc_address(address) == written


@pytest.mark.parametrize("typed", ["Ａ．．b＠docomo.ne.jp", "a..b@docomo.ne.jp"])
@pytest.mark.parametrize(("form", "name"), [(LoginForm, "login"), (SignupForm, "email")])
def test_forms_read_dots_and_full_width_and_the_browser_lets_them_pass(form, name, typed, rf, db):
    bound_form = form({name: typed})
    bound_form.is_valid()
    assert name not in bound_form.errors
    assert bound_form.cleaned_data[name] == "a..b@docomo.ne.jp"
    assert 'type="text"' in str(bound_form[name])  # type="email" refuses ＠ in the browser


class Receiver(socketserver.StreamRequestHandler):
    """A mail server's side of one conversation; stores the recipients as they were written."""

    def handle(self):
        self.wfile.write(b"220 test\r\n")
        while line := self.rfile.readline():
            word = line.strip().upper()
            if word.startswith(b"RCPT"):
                self.server.recipients.append(line.decode().strip())
            if word == b"DATA":
                self.wfile.write(b"354 go on\r\n")
                while (text := self.rfile.readline()) != b".\r\n":
                    self.server.lines.append(text.decode())
            self.wfile.write(b"221 bye\r\n" if word == b"QUIT" else b"250 ok\r\n")


@pytest.fixture
def receiver():
    with socketserver.ThreadingTCPServer(("127.0.0.1", 0), Receiver) as server:
        server.recipients, server.lines = [], []
        threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True).start()
        yield server
        server.shutdown()


def test_mail_really_goes_to_such_an_address_in_quotes(receiver):
    host, port = receiver.server_address
    connection = get_connection(
        "apps.core.email_addresses.QuotingEmailBackend", host=host, port=port
    )
    message = EmailMessage("件名", "本文", "portal@example.com", ["a..b@docomo.ne.jp", "c@x.jp"])
    assert connection.send_messages([message]) == 1
    assert receiver.recipients == ['rcpt TO:<"a..b"@docomo.ne.jp>', "rcpt TO:<c@x.jp>"]
    assert any('"a..b"@docomo.ne.jp' in line for line in receiver.lines if line.startswith("To:"))
