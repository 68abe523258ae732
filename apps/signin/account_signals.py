"""Receivers of allauth's signals about changed addresses, passwords and second factors.

Other sessions end, this one gets a new id, and the account's owner is mailed.
"""

from allauth.account import signals as account
from allauth.account.adapter import get_adapter
from allauth.account.internal.flows.login import record_authentication
from allauth.mfa import signals as mfa
from allauth.mfa.models import Authenticator

from apps.core.reason_grants import note_proof
from apps.signin.passkey_offers import withdraw_offer
from apps.signin.second_factor import SECOND_FACTOR_TYPES
from apps.signin.services.credentials import CredentialChange, end_other_sessions

DISPATCH_UID = "signin.account_changes.{}".format


def connect() -> None:
    """Connect the receivers; called once, when the app is loaded."""
    for name in ("password_changed", "password_set", "password_reset"):
        getattr(account, name).connect(note_password, dispatch_uid=DISPATCH_UID(name))
    for name in ("email_changed", "email_removed"):
        getattr(account, name).connect(note_mail, dispatch_uid=DISPATCH_UID(name))
    account.email_added.connect(note_new_mail, dispatch_uid=DISPATCH_UID("email_added"))
    account.authentication_step_completed.connect(note_step, dispatch_uid=DISPATCH_UID("step"))
    mfa.authenticator_added.connect(note_factor_added, dispatch_uid=DISPATCH_UID("factor_added"))
    mfa.authenticator_removed.connect(
        note_factor_removed, dispatch_uid=DISPATCH_UID("factor_removed")
    )
    mfa.authenticator_reset.connect(
        note_recovery_codes, dispatch_uid=DISPATCH_UID("recovery_codes")
    )


def note_password(sender, request, user, **kwargs) -> None:
    """A new password ends the other sessions."""
    end_other_sessions(user, CredentialChange.PASSWORD, request=request)


def note_mail(sender, request, user, **kwargs) -> None:
    """A new first address, or a removed one, ends the other sessions too."""
    end_other_sessions(user, CredentialChange.MAIL, request=request)


def note_new_mail(sender, request, user, email_address, **kwargs) -> None:
    """Announce a new address to the addresses that were there before it can become the first."""
    end_other_sessions(user, CredentialChange.MAIL, request=request)
    details = {"added_email": email_address.email}
    get_adapter(request).send_notification_mail("account/email/email_added", user, details)


def note_step(sender, request, reauthenticated=False, **kwargs) -> None:
    """Give the session a new id after reauthentication, and note when it was."""
    if reauthenticated:
        request.session.cycle_key()
        note_proof(request.session)


def note_factor_added(sender, request, user, authenticator, **kwargs) -> None:
    """Mark this session as verified: setting up a factor asked for one of its codes."""
    if authenticator.type in SECOND_FACTOR_TYPES:
        details = {"id": authenticator.pk, "type": authenticator.type}
        record_authentication(request, user, "mfa", **details)
    if authenticator.type == Authenticator.Type.WEBAUTHN:
        withdraw_offer(request)
    end_other_sessions(user, CredentialChange.FACTOR_ADDED, request=request)


def note_factor_removed(sender, request, user, **kwargs) -> None:
    """Removing a factor ends the other sessions."""
    end_other_sessions(user, CredentialChange.FACTOR_REMOVED, request=request)


def note_recovery_codes(sender, request, user, **kwargs) -> None:
    """New recovery codes end the other sessions."""
    end_other_sessions(user, CredentialChange.RECOVERY_CODES, request=request)
