"""What we ask of allauth beyond its settings."""

import uuid

from allauth.account.adapter import DefaultAccountAdapter
from allauth.mfa.adapter import DefaultMFAAdapter


class AccountAdapter(DefaultAccountAdapter):
    def populate_username(self, request, user):
        """A random user name: the address is the login and stands in one place only."""
        user.username = uuid.uuid4().hex


class MFAAdapter(DefaultMFAAdapter):
    pass


def user_display(user):
    """How allauth's pages call a person: by address, never by user name."""
    return user.email or "利用者"
