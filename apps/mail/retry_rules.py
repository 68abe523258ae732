"""When a mail is retried, and which answers are final. Pure."""

import smtplib
from datetime import timedelta

FIRST_DELAY_S, MAX_DELAY_S = 5, 30 * 60
MAX_PAUSE_S = 60  # for which an unreachable server is left alone
FIRST_FINAL_CODE = 500  # RFC 5321: 4yz may work later, 5yz never
# Codes about us or the server, not about this one mail.
SERVER_CODES = {421, 454, 530, 534, 535, 538}


def retry_delay(attempts: int) -> timedelta:
    """How long to wait after so many attempts."""
    return timedelta(seconds=min(FIRST_DELAY_S * 3 ** max(attempts - 1, 0), MAX_DELAY_S))


def server_pause(n_failures: int) -> timedelta:
    """How long a server is left alone after so many failures in a row."""
    return timedelta(seconds=min(FIRST_DELAY_S * 2 ** max(n_failures - 1, 0), MAX_PAUSE_S))


def is_about_mail(error: Exception) -> bool:
    """Whether the server answered about this mail or its recipients."""
    codes = _codes(error)
    return bool(codes) and not codes & SERVER_CODES


def is_final(error: Exception) -> bool:
    """Whether no later attempt could succeed."""
    codes = _codes(error)
    return is_about_mail(error) and all(code >= FIRST_FINAL_CODE for code in codes)


def _codes(error):
    if isinstance(error, smtplib.SMTPRecipientsRefused):
        return {code for code, _ in error.recipients.values()}
    if isinstance(error, smtplib.SMTPConnectError | smtplib.SMTPHeloError):
        return set()
    if isinstance(error, smtplib.SMTPResponseException):
        return {error.smtp_code}
    return set()
