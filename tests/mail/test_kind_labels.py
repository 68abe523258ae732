"""Every kind of mail has a label in the list of failed mails; each names its sender."""

import re

from django.conf import settings
from django.core.mail import EmailMessage
from django.utils import translation

from apps.mail.services.serialisation import parse_message, serialise_message
from apps.mail.words import KIND_LABELS

TELLING = re.compile(r"\.kind = \"(\w+)\"|account_mail\.mail_user\(\s*\w+,\s*\"(\w+)\"")
SUFFIX = "_message.txt"


def kinds_of_templates():
    found = settings.BASE_DIR.glob(f"templates/*/email/*{SUFFIX}")
    return {path.name.removesuffix(SUFFIX) for path in found} - {"base"}


def kinds_in_code():
    texts = [path.read_text(encoding="utf-8") for path in settings.BASE_DIR.glob("apps/**/*.py")]
    return {one or other for text in texts for one, other in TELLING.findall(text)}


def test_every_kind_of_mail_that_is_sent_has_a_name():
    assert kinds_in_code() >= {"emergency", "factors_reset", "sessions_ended"}
    assert kinds_of_templates() >= {"email_added", "totp_activated", "webauthn_removed"}
    assert (kinds_of_templates() | kinds_in_code()) - set(KIND_LABELS) == set()


def test_a_mail_names_the_portal_as_its_sender_unless_the_operator_names_another():
    plain = EmailMessage("s", "b", "portal@city.example", ["a@b.example"])
    named = EmailMessage("s", "b", "市の窓口 <portal@city.example>", ["a@b.example"])
    sent, other = (parse_message(serialise_message(each), {}) for each in (plain, named))
    assert sent.from_email == "加賀ポータル <portal@city.example>"
    assert other.from_email == "市の窓口 <portal@city.example>"
    with translation.override("en"):
        assert parse_message(serialise_message(plain), {}).from_email.startswith("Kaga")
