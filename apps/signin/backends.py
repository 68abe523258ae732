"""The backend that marks a session as begun with a login card."""

from django.contrib.auth.backends import ModelBackend

from apps.people.models import User


class CardBackend(ModelBackend):
    """Knows users by id for card sessions; a card is checked in services, never by a password."""

    def authenticate(self, request, **credentials):
        return None

    def get_user(self, user_id):
        """The user with the student in one query: every page of a student needs both."""
        user = User.objects.select_related("student").filter(pk=user_id).first()
        if user is None or not self.user_can_authenticate(user):
            return None
        student = getattr(user, "student", None)
        return user if student is None or student.is_enrolled else None
