"""Mail subjects, and mail addresses as old Japanese phones had them: dots anywhere before the @
(a..b@, .a@, a.@).
"""

import re
import smtplib

from django.conf import settings
from django.core.mail.backends.smtp import EmailBackend
from django.core.mail.message import sanitize_address
from django.core.validators import EmailValidator
from django.utils.translation import gettext

from apps.core.templatetags.japanese import plain

_ATOM = r"[-!#$%&'*+/=?^_`{}|~0-9A-Z]"
_IS_USUAL = re.compile(rf"{_ATOM}+(\.{_ATOM}+)*", re.IGNORECASE).fullmatch
_USER = re.compile(
    rf"^({_ATOM}|\.)+\Z"
    r'|^"([\001-\010\013\014\016-\037!#-\[\]-\177]|\\[\001-\011\013\014\016-\177])*"\Z',
    re.IGNORECASE,
)


def accept_phone_addresses() -> None:
    """Let every validator of addresses accept them: forms, models and allauth share one."""
    EmailValidator.user_regex = _USER


def rfc_address(address: str) -> str:
    """The address as RFC 5321 writes it: what stands before the @ in quotes where dots need it."""
    user, _, domain = address.rpartition("@")
    if not user or user.startswith('"') or _IS_USUAL(user) or not _USER.match(user):
        return address
    return f'"{user}"@{domain}'


def mail_subject(words: str) -> str:
    """The subject of a mail, with the name of the portal before it; readings are left out."""
    return plain(gettext("加賀ポータル: %(subject)s") % {"subject": words})


def named_sender(address: str) -> str:
    """The sender with the name of the portal, where the operator has given none."""
    return address if "<" in address else f"{plain(gettext('加賀ポータル'))} <{address}>"


class QuotingEmailBackend(EmailBackend):
    """Django's SMTP backend that quotes such addresses: servers may refuse them bare."""

    def _send(self, email_message):
        """Send one message; whether it was sent. Django's own method with quoted recipients."""
        for name in ("to", "cc", "bcc"):
            setattr(
                email_message, name, [rfc_address(each) for each in getattr(email_message, name)]
            )
        encoding = email_message.encoding or settings.DEFAULT_CHARSET
        recipients = [
            rfc_address(sanitize_address(a, encoding)) for a in email_message.recipients()
        ]
        if not recipients:
            return False
        sender = sanitize_address(email_message.from_email, encoding)
        content = email_message.message().as_bytes(linesep="\r\n")
        try:
            self.connection.sendmail(sender, recipients, content)
        except smtplib.SMTPException:
            if not self.fail_silently:
                raise
            return False
        return True
