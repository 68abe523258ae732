"""Every kind of mail has a label in the list of failed mails."""

import re

from django.conf import settings

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
