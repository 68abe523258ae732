"""Staff as the request has them, and what they tick."""

from django.urls import reverse

from apps.people.models import User
from tests import factories

LIST, TODAY = reverse("admin:registration_waiting"), reverse("admin:index")


def again(post):
    """The account of this post as their next request loads it."""
    return User.objects.get(pk=post.user_id)


def named_without_account(student, given):
    """A guardian in the roster without an account."""
    guardian = factories.guardian(student, given, email=f"{student.pk}@example.com")
    guardian.user = None
    guardian.save(update_fields=["user"])
    return guardian
