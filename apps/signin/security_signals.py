"""Records sign-ins and changed factors, addresses and passwords as security events."""

from allauth.account import signals as account
from allauth.mfa import signals as mfa
from django.contrib.auth import BACKEND_SESSION_KEY
from django.contrib.auth import signals as auth

from apps.audit.models import SecurityKind
from apps.people.models import User
from apps.people.services.security_events import note_security_event
from apps.signin.backends import BACKEND_PATHS
from apps.signin.services.credentials import CredentialChange, credentials_changed

PASSKEY = "passkey"
CODE_BY_BACKEND = {path: str(method) for method, path in BACKEND_PATHS.items()}
METHODS = "account_authentication_methods"  # where allauth stores how somebody signed in


def connect() -> None:
    """Connect the receivers; called once, when the app is ready."""
    for signal, receiver in _RECEIVERS:
        signal.connect(receiver, weak=False, dispatch_uid=f"signin.security.{id(signal)}")


def _recorder(kind, detail=""):
    def receiver(sender, user=None, authenticator=None, **kwargs):
        note_security_event(kind, user=user, detail=authenticator.type if authenticator else detail)

    return receiver


def _signed_in(sender, request, user, **kwargs):
    note_security_event(SecurityKind.SIGNED_IN, user=user, detail=sign_in_method(request.session))


def sign_in_method(session) -> str:
    """How this session was signed in, as a code: "card", "passkey", "password", "password+totp"."""
    if code := CODE_BY_BACKEND.get(session.get(BACKEND_SESSION_KEY, "")):
        return code
    used = [
        PASSKEY if one.get("passwordless") else one.get("type") or one.get("method", "")
        for one in session.get(METHODS, [])
    ]
    return "+".join(dict.fromkeys(filter(None, used)))


def _failed(sender, credentials, **kwargs):
    address = credentials.get("email") or ""
    known = User.objects.filter(email__iexact=address).first() if address else None
    note_security_event(SecurityKind.SIGN_IN_FAILED, user=known, detail="password")


def _signed_out(sender, request, user, **kwargs):
    if user is None:
        return
    is_over = getattr(request, "is_sign_in_over", False)
    note_security_event(
        SecurityKind.SESSION_EXPIRED if is_over else SecurityKind.SIGNED_OUT, user=user
    )


def _mail_confirmed(sender, email_address, **kwargs):
    note_security_event(SecurityKind.MAIL_CONFIRMED, user=email_address.user)


def _changed(sender, user, change, request=None, **kwargs):
    if change == CredentialChange.SESSIONS:
        note_security_event(SecurityKind.SESSIONS_ENDED, user=user, detail="others")
    elif change == CredentialChange.PIN:
        note_security_event(SecurityKind.PIN_CHANGED, user=user)
    elif change == CredentialChange.FACTORS_RESET:
        note_security_event(SecurityKind.FACTOR_RESET, user=user, detail=change)


_RECEIVERS = (
    (credentials_changed, _changed),
    (auth.user_logged_in, _signed_in),
    (auth.user_login_failed, _failed),
    (auth.user_logged_out, _signed_out),
    (account.user_signed_up, _recorder(SecurityKind.ACCOUNT_MADE)),
    (account.password_set, _recorder(SecurityKind.PASSWORD_CHANGED, "first")),
    (account.password_changed, _recorder(SecurityKind.PASSWORD_CHANGED)),
    (account.password_reset, _recorder(SecurityKind.PASSWORD_RESET)),
    (account.email_added, _recorder(SecurityKind.MAIL_ADDED)),
    (account.email_confirmed, _mail_confirmed),
    (account.email_changed, _recorder(SecurityKind.MAIL_CHANGED)),
    (account.email_removed, _recorder(SecurityKind.MAIL_REMOVED)),
    (account.password_reset_code_rejected, _recorder(SecurityKind.CODE_FAILED, "reset")),
    (account.email_verification_code_rejected, _recorder(SecurityKind.CODE_FAILED, "mail")),
    (account.login_code_rejected, _recorder(SecurityKind.CODE_FAILED, "signin")),
    (mfa.authenticator_added, _recorder(SecurityKind.FACTOR_ADDED)),
    (mfa.authenticator_removed, _recorder(SecurityKind.FACTOR_REMOVED)),
    (mfa.authenticator_reset, _recorder(SecurityKind.FACTOR_RESET)),
    (mfa.authentication_failed, _recorder(SecurityKind.FACTOR_FAILED)),
)
