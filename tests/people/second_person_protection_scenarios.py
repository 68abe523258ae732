"""Protective cases and the years of casework: each needs a second person."""

import uuid

from django.core.exceptions import PermissionDenied

from apps.cases.models import CaseRetention, ProtectiveReader, ReaderState
from apps.cases.services import case_retention, protective_cases, protective_readers
from apps.helpline.models import ProtectionRoute
from apps.helpline.services import routes
from apps.people.models import Role
from tests import factories
from tests.people.second_person_scenario import SecondPersonScenario


class ReaderByAsker(SecondPersonScenario):
    """Who asked for a reader of a protective case does not confirm it."""

    role, at_school, refusal = Role.FAMILY_CENTRE, False, PermissionDenied

    def begin(self):
        cast = self.cast
        case = protective_cases.open_protective_case(
            cast.sakura, actor=cast.counsellor.user, topic="abuse", words="あざ。",
            readers=[cast.nurse], form_key=uuid.uuid4(),
        )  # fmt: skip
        self.row = case.readers.get(person=cast.nurse.user)
        return cast.counsellor

    def someone_else(self):
        """Somebody of the city's route, which is in force."""
        post = super().someone_else()
        _set_route(self.cast, post)
        return post

    def twin_of(self, first):
        """The asker's other account, which is on the route."""
        post = super().twin_of(first)
        _set_route(self.cast, post)
        return post

    def act(self, user):
        protective_readers.decide_change(self.row, by=user, agrees=True)

    def is_listed(self, user):
        return protective_readers.changes_waiting_for(user).filter(pk=self.row.pk).exists()

    def is_done(self):
        return ProtectiveReader.objects.get(pk=self.row.pk).state == ReaderState.READING


class YearsByAsker(SecondPersonScenario):
    """Who set for how many years casework is kept does not confirm it."""

    role, at_school, refusal = Role.PRIVACY, False, PermissionDenied

    def begin(self):
        self.row = case_retention.ask_retention(
            self.cast.city, by=self.cast.officer.user, years=5, protective_years=10
        )
        return self.cast.officer

    def act(self, user):
        case_retention.confirm_retention(self.row, by=user)

    def is_listed(self, user):
        return case_retention.may_confirm(CaseRetention.objects.get(pk=self.row.pk), user)

    def is_done(self):
        return CaseRetention.objects.get(pk=self.row.pk).confirmed_at is not None


def _set_route(cast, post):
    """A route of the city that names this post first."""
    others = [factories.staff_post(Role.CITY, of=cast.city, name=f"市 {n}") for n in (1, 2)]
    route = ProtectionRoute(
        municipality=cast.city, first=post.user, second=others[0].user, last=others[1].user,
        why="first",
    )  # fmt: skip
    route = routes.propose_route(route, by=cast.officer.user)
    privacy = factories.staff_post(Role.PRIVACY, of=cast.city, name="個人情報の担当")
    routes.confirm_route(route, by=privacy.user)
