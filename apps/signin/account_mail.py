"""Account mails: their recipients, their lifetime and their kind."""

from collections.abc import Iterable

from allauth.account import app_settings
from allauth.account.models import EmailAddress
from django.core.mail import EmailMessage

from apps.core.email_addresses import mail_subject
from apps.core.templatetags.japanese import plain
from apps.people.models import User

# A code is useless once expired; the other mails answer somebody who is waiting at a page.
_LIFETIMES = {
    "password_reset_code": lambda: app_settings.PASSWORD_RESET_BY_CODE_TIMEOUT,
    "unknown_account": lambda: app_settings.PASSWORD_RESET_BY_CODE_TIMEOUT,
    "email_confirmation": lambda: app_settings.EMAIL_VERIFICATION_BY_CODE_TIMEOUT,
    "email_confirmation_signup": lambda: app_settings.EMAIL_VERIFICATION_BY_CODE_TIMEOUT,
    "account_already_exists": lambda: app_settings.EMAIL_VERIFICATION_BY_CODE_TIMEOUT,
    "login_code": lambda: app_settings.LOGIN_BY_CODE_TIMEOUT,
}


def mark_message(message: EmailMessage, template_prefix: str) -> EmailMessage:
    """Set the message's kind and, where it has one, its lifetime (read by apps.mail)."""
    message.kind = mail_kind(template_prefix)
    if message.kind in _LIFETIMES:
        message.lasts_s = _LIFETIMES[message.kind]()
    return message


def mail_kind(template_prefix: str) -> str:
    """ "password_reset_code" of "account/email/password_reset_code"."""
    return template_prefix.rpartition("/")[2]


def confirmed_addresses(user: User) -> set[str]:
    """The addresses that the account's owner has confirmed."""
    return set(
        EmailAddress.objects.filter(user=user, verified=True).values_list("email", flat=True)
    )


def addresses_to_warn(user: User) -> set[str]:
    """Where changes of the account are announced: also its first address, confirmed or not."""
    return (confirmed_addresses(user) | {user.email}) - {None, ""}


def mail_user(user: User, kind: str, subject: str, body: str) -> None:
    """Queue a mail to the addresses to warn; see ``mail_addresses``."""
    mail_addresses(addresses_to_warn(user), kind, subject, body)


def mail_addresses(addresses: Iterable[str], kind: str, subject: str, body: str) -> None:
    """Queue a mail to each address in the caller's transaction; ``subject`` comes without our
    prefix.
    """
    for address in sorted(addresses):
        message = EmailMessage(mail_subject(plain(subject)), plain(body), to=[address])
        message.kind = kind
        message.send()
