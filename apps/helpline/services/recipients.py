"""Who gets a help request: the one decision, used for the form's words before and for sending."""

from dataclasses import dataclass
from uuid import UUID

from apps.helpline import words
from apps.helpline.models import DutyRoster, ProtectionRoute, Topic, WantedRole
from apps.helpline.services import duty_rosters as duties
from apps.helpline.services import routes
from apps.helpline.services.calling_plans import (
    CallingPlan,
    plan_of_city,
    plan_of_roster,
    plan_of_route,
)
from apps.helpline.services.transitions import HelplineNotOpen, OutsideLinesOnly
from apps.people.models import Role, Student
from apps.people.services.named_staff import accounts_meant, homeroom_accounts

ROLE_ORDER = list(Role.values)  # in which readers are named


@dataclass(frozen=True)
class Recipients:
    """Whom the student chose (an account or None: anybody of the contacts), who is kept out, and
    who is called when.
    """

    is_protected: bool
    chosen_id: UUID | None
    kept_ids: frozenset
    plan: CallingPlan
    is_for_city: bool = False

    @property
    def reader_ids(self) -> set:
        """Who may open it from the start."""
        return self.plan.contacts.readers() & self.plan.contacts.able

    @property
    def roles_at_school(self) -> list[str]:
        """The roles of the readers at the school, each once, the chosen one first."""
        at_school = [pk for pk in self.reader_ids if not self._is_on_route(pk)]
        ids = sorted(
            at_school, key=lambda pk: (pk != self.chosen_id, ROLE_ORDER.index(self._role(pk)))
        )
        return list(dict.fromkeys(map(self._role, ids)))

    def _role(self, pk: UUID) -> str:
        return self.plan.posts[pk].role

    @property
    def has_readers_outside(self) -> bool:
        """Whether people of the city read it: those of its route, or its officers."""
        return any(self._is_on_route(pk) for pk in self.reader_ids)

    def _is_on_route(self, pk: UUID) -> bool:
        return self.is_for_city or (self.is_protected and pk != self.chosen_id)


def recipients_of(
    student: Student, wanted: str, *, topic: str = "", person: UUID | None = None,
    keeps_out: bool = False, kept_words: str = "", may_be_late: bool = False,
) -> Recipients:  # fmt: skip
    """The Recipients of what a student sends with these choices.

    ``keeps_out``: 見せたくない 先生が いる, named in ``kept_words`` or not at all. ``may_be_late``:
    written while the school took requests. Raises HelplineNotOpen where nobody would be called,
    OutsideLinesOnly where nobody outside the school reads here, CannotChangeRequest for a person
    the school does not list.
    """
    route = routes.route_in_force(student.municipality_id)
    keeps_out = keeps_out or bool(kept_words.strip())
    roster = duties.active_roster(student.school_id)
    if roster is None and may_be_late:
        roster = duties.roster_of(student.school_id)
    if topic == Topic.ADULT or keeps_out:
        if route is None or not offers_route(route, roster):
            raise OutsideLinesOnly(words.NO_ROUTE)
        kept = kept_out_ids(student, kept_words) if keeps_out else frozenset()
        chosen = None if topic == Topic.ADULT else _chosen(roster, student, wanted, person)
        is_named = bool(accounts_meant(student, kept_words))
        if chosen in kept or not is_named:
            chosen = None
        return _by_route(route, student, chosen, kept)
    if wanted == WantedRole.OUTSIDE and route is None:
        raise OutsideLinesOnly(words.NOT_OPEN)
    if wanted == WantedRole.OUTSIDE or roster is None:
        if route is None:
            return _by_city(student)
        return _by_route(route, student, None, frozenset())
    chosen = duties.chosen_person_id(roster, student, wanted, person)
    return Recipients(False, chosen, frozenset(), plan_of_roster(roster, chosen, student))


def offers_route(route: ProtectionRoute | None, roster: DutyRoster | None) -> bool:
    """Whether a school's students may ask past the school: the city has a route, and a counsellor
    or nurse has approved the sentences as they are now.
    """
    return bool(route and roster and is_approved(roster))


def is_approved(roster: DutyRoster) -> bool:
    """Whether a counsellor or nurse of the school has approved the sentences as they are now."""
    return bool(roster.approval and roster.approval.wording == words.WORDS_VERSION)


def kept_out_ids(student: Student, kept_words: str) -> frozenset:
    """Who never reads it: whoever the words may mean, and the homeroom teachers of the class."""
    return frozenset(accounts_meant(student, kept_words) | homeroom_accounts(student))


def _chosen(
    roster: DutyRoster | None, student: Student, wanted: str, person: UUID | None
) -> UUID | None:
    """The chosen account of a protected request; None: the route alone."""
    if roster is None or wanted in (WantedRole.OUTSIDE, WantedRole.HOMEROOM):
        return None
    chosen = duties.chosen_person_id(roster, student, wanted, person)
    is_stand_in = chosen == roster.last_id and wanted != WantedRole.LISTED
    return None if is_stand_in else chosen


def _by_city(student: Student) -> Recipients:
    plan = plan_of_city(student)
    if not plan.contacts.able:
        raise HelplineNotOpen(words.NOT_OPEN)
    return Recipients(False, None, frozenset(), plan, is_for_city=True)


def _by_route(
    route: ProtectionRoute, student: Student, chosen: UUID | None, kept: frozenset
) -> Recipients:
    plan = plan_of_route(route, student, chosen, kept)
    if chosen is not None and chosen not in plan.contacts.able:
        plan = plan_of_route(route, student, None, kept)
        chosen = None
    if not plan.contacts.able:
        raise OutsideLinesOnly(words.NO_ROUTE)
    return Recipients(True, chosen, frozenset(kept), plan)
