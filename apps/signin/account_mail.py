"""Account mails: their recipients, their lifetime and their kind."""

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
    """The confirmed addresses of the account and its first address: where account changes are
    announced.
    """
    verified = EmailAddress.objects.filter(user=user, verified=True)
    return {*verified.values_list("email", flat=True), user.email} - {None, ""}


def mail_user(user: User, kind: str, subject: str, body: str) -> None:
    """Queue a mail to each address in the caller's transaction; ``subject`` comes without our
    prefix.
    """
    for address in sorted(confirmed_addresses(user)):
        message = EmailMessage(mail_subject(plain(subject)), plain(body), to=[address])
        message.kind = kind
        message.send()
