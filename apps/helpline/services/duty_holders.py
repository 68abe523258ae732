"""Duty roster places of a person, for who ends a post (apps.people.services.post_duties)."""

from uuid import UUID

from django.db.models import Q

from apps.helpline.models import DutyRoster
from apps.helpline.services.duty_rosters import (
    CONTACT_LABELS,
    callable_people_at,
    callable_people_by_school,
    save_roster,
)
from apps.people.models import Municipality, User
from apps.people.permissions import cities_where
from apps.people.services.post_duties import PostDuty


def held_by(user_id: UUID, school_id: UUID) -> list[PostDuty]:
    """The duties this person has in this school's roster, if it is on."""
    roster = DutyRoster.objects.filter(school=school_id, is_on=True).first()
    if roster is None:
        return []
    return [
        PostDuty(f"「話したい」の{label}", is_last=place == "last")
        for place, label in CONTACT_LABELS.items()
        if getattr(roster, f"{place}_id") == user_id
    ]


def able_to_follow(school_id: UUID) -> set[UUID]:
    """Who could take over: works at the school today and has no other place in the roster."""
    roster = DutyRoster.objects.filter(school=school_id).first()
    held = {getattr(roster, f"{place}_id") for place in CONTACT_LABELS} if roster else set()
    return callable_people_at(school_id) - held


def hand_over(user_id: UUID, school_id: UUID, to_id: UUID, by: User) -> None:
    """Give this person's places to another. Raises DutyCommitmentRefused."""
    roster = DutyRoster.objects.select_for_update().get(school=school_id)
    fields = [place for place in CONTACT_LABELS if getattr(roster, f"{place}_id") == user_id]
    for place in fields:
        setattr(roster, f"{place}_id", to_id)
    save_roster(roster, by=by, fields=fields)


def rosters_without_holder(user: User) -> list[DutyRoster]:
    """The active rosters of this person's city that name somebody who has left.

    City staff assign duties whose holder left without a successor.
    """
    cities = cities_where(user, "calendar.edit")
    on = DutyRoster.objects.filter(
        Q(school__municipality__in=Municipality.objects.filter(pk__in=cities)), is_on=True
    )
    rosters = list(on.select_related("school"))
    able = callable_people_by_school([roster.school_id for roster in rosters])
    return [
        roster
        for roster in rosters
        if {getattr(roster, f"{place}_id") for place in CONTACT_LABELS} - able[roster.school_id]
    ]
