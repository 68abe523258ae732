"""Staff as the request has them, and what they tick."""

from django.urls import reverse

from apps.people.models import User

LIST, TODAY = reverse("admin:registration_waiting"), reverse("admin:index")


def again(post):
    """The account of this post as their next request loads it."""
    return User.objects.get(pk=post.user_id)
