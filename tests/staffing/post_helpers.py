"""Posts that two people gave, and their invitations."""

import re

from django.core import mail
from django.urls import reverse

from apps.people.models import Role, StaffPost
from apps.people.services import pending_acts
from apps.staffing.models import StaffInvitation
from apps.staffing.services import appointments

WHY = "四月から この学校に来るため"


APPOINT = reverse("admin:people_staffpost_appoint")


def facts(town, **more):
    return {
        "name": "新しい 先生", "mail": "new@school.example", "role": "nurse",
        "school": town.school.pk, **more,
    }  # fmt: skip


def invited(town, *, by=None, second=None, **more):
    """The StaffInvitation that two people made, and its mailed number."""
    post = StaffPost(
        municipality=town.city, school=town.school, role=Role.NURSE, name="新しい 先生", **more
    )
    act = appointments.propose_appointment(
        post, "new@school.example", by=by or town.principal.user, reason=WHY
    )
    pending_acts.confirm(act, by=second or town.officer.user)
    appointments.apply_post_acts()
    return StaffInvitation.objects.latest("issued_at"), number_in(mail.outbox[-1])


def number_in(message):
    return re.search(r"#([0-9A-Z-]+)", message.body)[1]
