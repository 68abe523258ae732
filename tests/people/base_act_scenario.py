"""The base of the act scenarios: how an act is proposed, confirmed and carried out."""

from datetime import timedelta

from django.utils import timezone

from apps.consent.models import Purpose, PurposePolicy
from apps.consent.services.scheduled_work import reconcile_all
from apps.people.models import (
    Role,
)
from tests import factories

ATTENDANCE = Purpose.ATTENDANCE


def yesterday():
    return timezone.localdate() - timedelta(days=1)


class ActScenario:
    """One kind: how the first person does it, and how to see whether it is done."""

    names = ()  # words the preview must show
    n_confirmers = 1

    def __init__(self, cast, sign_in):
        self.cast, self.sign_in = cast, sign_in
        factories.make_effective(cast.sakura, ATTENDANCE)
        factories.make_effective(cast.ren, ATTENDANCE)
        self.first = cast.officer.user
        self.second = factories.staff_post(Role.PRIVACY, of=cast.city, name="個人情報の担当").user
        self.same_role = factories.staff_post(Role.CITY, of=cast.city, name="もう一人").user
        self.policy = PurposePolicy.objects.get(municipality=cast.city, purpose=ATTENDANCE)

    def work(self):
        """Run the periodic task."""
        reconcile_all()

    def is_done(self):
        raise NotImplementedError

    def save(self, client):
        raise NotImplementedError

    def is_as_before(self):
        """Whether nothing of it has taken effect."""
        return not self.is_done()
