"""The backend that marks a session as begun with a login card."""

from django.contrib.auth.backends import ModelBackend


class CardBackend(ModelBackend):
    """Knows users by id for card sessions; a card is checked in services, never by a password."""

    def authenticate(self, request, **credentials):
        return None
