"""Edits of published organisations wait for a second person; until then the directory is unchanged.

So a correction never removes an organisation from the directory. A wrong one is hidden at once
(``hidden_content``). The second person's consent is the new verification against the source.
"""

from datetime import time

from django.db import transaction

from apps.audit.models import Action
from apps.core.clock import today
from apps.notices.models import (
    HoursException,
    Notice,
    OpeningHours,
    PublishState,
    SupportOrganisation,
    Verification,
)
from apps.notices.opening_hours import OpeningSlot, OpeningWeek, SpecialHours
from apps.notices.services.edit_expiry import CHANGE_ORGANISATION
from apps.notices.services.organisations import VERIFIED_FIELDS, opening_week
from apps.notices.services.publication_rules import record_action
from apps.people.act_rules import ActEffects
from apps.people.models import PendingAct, Role, User
from apps.people.permissions import posts_with
from apps.people.services import act_processing, act_queries, pending_acts

WEEK_FIELDS = ("hours", "exceptions")  # rows of their own beside the fields
STAYS_PUBLISHED = "いまの内容のまま、公開が続きます(もう一人が確かめるまで)"


def needs_second_person(organisation: SupportOrganisation, fields) -> bool:
    """Whether a change of these fields waits: readers act on one of them, and it is public now."""
    return organisation.state == PublishState.PUBLISHED and bool(VERIFIED_FIELDS & set(fields))


def edit_effects(organisation: SupportOrganisation, changes: dict) -> ActEffects:
    """The effects of an edit of a public organisation; kind "" where it need not wait."""
    if not needs_second_person(organisation, changes):
        return ActEffects("", {})
    notices = Notice.objects.current().filter(organisations=organisation)
    names = [("生徒に見えるもの", [STAYS_PUBLISHED])]
    if titles := [str(notice) for notice in notices[:5]]:
        names.append(("この窓口をのせたお知らせ", titles))
    return ActEffects(
        CHANGE_ORGANISATION, {"fields": len(changes), "notices": notices.count()}, names
    )


@transaction.atomic
def propose_edit(
    organisation: SupportOrganisation, changes: dict, *, by: User, reason: str
) -> PendingAct:
    """Ask a second person to agree to ``changes`` ({field: value as stored}); the PendingAct.

    "hours" and "exceptions" are as in ``week_to_json``. Raises pending_acts.CannotAct, also while
    an earlier edit waits, so that none is lost.
    """
    organisation = SupportOrganisation.objects.select_for_update(of=["self"]).get(
        pk=organisation.pk
    )
    effects = edit_effects(organisation, changes)
    if not effects.kind:
        raise pending_acts.CannotAct("この窓口は、いま公開していません。もう一度保存してください。")
    if pending_edit(organisation) is not None:
        raise pending_acts.CannotAct(
            f"「{organisation}」を直した内容が、もう確認を待っています。先に、それを決めるか止めてください。"
        )
    return pending_acts.propose(
        CHANGE_ORGANISATION,
        thing_id=organisation.pk,
        title=str(organisation),
        municipality_id=organisation.municipality_id,
        school_id=_own_school(by, organisation),
        by=by,
        reason=reason,
        preview=effects.preview,
        payload={
            "before": stored_values(organisation, changes),
            "changes": {name: value for name, value in changes.items() if name not in WEEK_FIELDS},
            "week": {name: changes[name] for name in WEEK_FIELDS if name in changes},
        },
    )


def pending_edit(organisation: SupportOrganisation) -> PendingAct | None:
    """The pending edit of this organisation, or None."""
    return act_queries.open_act_about(organisation, CHANGE_ORGANISATION)


def follow_edit_acts() -> None:
    """Make the edits a second person agreed to; finish those that were stopped."""
    act_processing.process_acts(
        CHANGE_ORGANISATION, carry_out=_carry_out, put_back=lambda act: None
    )


def _carry_out(act):
    found = SupportOrganisation.objects.select_for_update(of=["self"]).filter(pk=act.thing_id)
    organisation = found.first()
    if organisation is None:
        return
    if _is_stale(organisation, act):
        act_processing.void_act(act)
        return
    for name, value in act.payload["changes"].items():
        field = organisation._meta.get_field(name)
        setattr(organisation, name, field.to_python(value))
    week = week_from_json(act.payload["week"])
    write_week(organisation, week, act.payload["week"])
    _verified_by(organisation, act)
    organisation.save()
    record_action(Action.RECORD_CHANGED, organisation, act.proposed_by, _changed(act))
    record_action(Action.ORGANISATION_VERIFIED, organisation, act.confirmed_by)


def _changed(act):
    """The names of what an edit changes: fields, and hours."""
    return sorted({*act.payload["changes"], *act.payload["week"]})


def _is_stale(organisation, act):
    """Whether the organisation has changed since two people agreed to the edit."""
    before = act.payload.get("before", {})
    is_public = organisation.state == PublishState.PUBLISHED
    return not is_public or stored_values(organisation, before) != before


def _verified_by(organisation, act):
    """Record the second person's verification: they compared the edit with the source."""
    Verification.objects.create(
        organisation=organisation, municipality_id=act.municipality_id, by=act.confirmed_by,
        source_url=organisation.source_url,
    )  # fmt: skip
    organisation.verified_on = today()
    role = Role(act.confirmed_role).label
    organisation.verified_by = f"{act.municipality.name} {role}"[:80]


def _own_school(user, organisation):
    """The school from whose post a principal edits; None for who acts for the whole city."""
    at = organisation.municipality_id
    schools = [
        post.school_id for post in posts_with(user, "notices.edit") if post.municipality_id == at
    ]
    return None if None in schools else next(iter(schools), None)


# -- an organisation as stored in an act-----------------------------------------------------------


def stored_values(organisation: SupportOrganisation, names=None) -> dict:
    """{field: JSON value} of what readers act on (or of ``names``), as stored now."""
    names = VERIFIED_FIELDS if names is None else set(names)
    stored = SupportOrganisation.objects.get(pk=organisation.pk)
    week = week_to_json(opening_week(stored)) if names & set(WEEK_FIELDS) else {}
    return {
        name: week[name] if name in WEEK_FIELDS else _field_value(stored, name)
        for name in sorted(names)
    }


def _field_value(organisation, name):
    value = getattr(organisation, name)
    return value if isinstance(value, (bool, int, list)) else str(value or "")


def week_to_json(week: OpeningWeek) -> dict:
    """An OpeningWeek as JSON: {"hours": [...], "exceptions": [...]}."""
    return {
        "hours": [[one.weekday, _time_to_json(one.opens), _time_to_json(one.closes)] for one in week.openings],
        "exceptions": [
            [one.begins.isoformat(), one.ends.isoformat(), one.every_year, _time_to_json(one.opens),
             _time_to_json(one.closes), one.note]
            for one in week.specials
        ],
    }  # fmt: skip


def week_from_json(kept: dict) -> OpeningWeek:
    """The OpeningWeek from the JSON of ``week_to_json``; missing parts are empty."""
    from_day = HoursException._meta.get_field("begins_on").to_python
    return OpeningWeek(
        openings=tuple(
            OpeningSlot(day, _time(opens), _time(closes))
            for day, opens, closes in kept.get("hours", ())
        ),
        specials=tuple(
            SpecialHours(
                from_day(begins), from_day(ends), every_year, _time(opens), _time(closes), note
            )
            for begins, ends, every_year, opens, closes, note in kept.get("exceptions", ())
        ),
    )


def write_week(organisation: SupportOrganisation, week: OpeningWeek, names) -> None:
    """Replace the openings and exceptions of one organisation, as far as they are in ``names``."""
    if "hours" in names:
        organisation.opening_hours.all().delete()
        OpeningHours.objects.bulk_create(
            OpeningHours(organisation=organisation, weekday=one.weekday, opens_at=one.opens,
                         closes_at=one.closes)
            for one in week.openings
        )  # fmt: skip
    if "exceptions" in names:
        organisation.exceptions.all().delete()
        HoursException.objects.bulk_create(
            HoursException(organisation=organisation, begins_on=one.begins, ends_on=one.ends,
                           every_year=one.every_year, opens_at=one.opens, closes_at=one.closes,
                           note=one.note)
            for one in week.specials
        )  # fmt: skip


def _time_to_json(at):
    return at.isoformat() if at else None


def _time(text):
    return time.fromisoformat(text) if text else None
