"""Help requests as signs, each for its own readers: never stored, in nobody else's list or count."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.urls import reverse

from apps.helpline.models import HelpRequest
from apps.people.models import User


@dataclass(frozen=True)
class RequestSign:
    """One open request of a student that this reader may open; without name and content."""

    pk: UUID
    class_title: str
    state_label: str
    since: datetime
    url: str


def request_signs_for(user: User) -> list[RequestSign]:
    """The signs of open requests that this person may open, those that nobody opened first.

    It needs no purpose. A protected request is none, not even for its readers: it is followed where
    it was sent.
    """
    requests = (
        HelpRequest.objects.visible_to(user).open().filter(is_protected=False).readable_one_by_one()
    )
    requests = requests.select_related("student__home_class").order_by("-state", "sent_at")
    return [
        RequestSign(
            pk=request.pk,
            class_title=request.student.home_class.title if request.student.home_class else "",
            state_label=str(request.get_state_display()),
            since=request.sent_at,
            url=reverse("admin:helpline_helprequest_change", args=[request.pk]),
        )
        for request in requests
    ]
