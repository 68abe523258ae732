"""Packs of a case for 児童相談所, 要対協 or another school: by two people, in danger by one at once."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date, timedelta
from uuid import UUID

from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.db.models import Max
from django.utils.translation import gettext as _

from apps.audit.models import Action
from apps.cases.models import CentreReport, HandOver, PackPart, Recipient, SupportCase
from apps.cases.services import casework
from apps.cases.services.case_writing import (
    CannotChangeCase,
    locked_case,
    may_work_on,
    record_act,
    write_note,
)
from apps.cases.services.timeline import timeline_of
from apps.core import clock
from apps.people.admin_bases.edit_conflicts import staff_name
from apps.people.models import Municipality, User
from apps.people.services.person_accounts import is_same_person
from apps.people.services.school_calendar import is_school_day
from apps.vault.services.sealed_content import OpeningReason, open_sealed
from apps.vault.words import content_words

TO_LIMIT = 80
MOST_DAYS_CLOSED = 60
KINDS_OF = {  # a part of a pack → what of the timeline it is
    PackPart.OBSERVATIONS: ("observations",),
    PackPart.DECISIONS: ("decisions", "state_changes"),
    PackPart.PLANS: ("plans", "steps", "step_results"),
    PackPart.REFERRALS: ("referrals", "referral_answer"),
    PackPart.OUTCOMES: ("outcomes",),
}


@dataclass(frozen=True)
class Pack:
    """What a pack shows: sections [(heading, timeline entries)], evidence [(title, facts)]."""

    row: HandOver
    case: SupportCase
    to: str
    why: str = field(repr=False)
    parts: list[str]
    evidence: list = field(repr=False)
    sections: list = field(repr=False)


@transaction.atomic
def add_hand_over(
    case: SupportCase, *, actor: User, recipient: str, to: str, parts: list[str], is_urgent: bool,
    words: str, form_key: UUID, seen: str | None = None,
) -> HandOver:  # fmt: skip
    """Append a pack of chosen parts; it goes out once a second person has confirmed it.

    In danger it may go out at once. What families agreed to for this school's staff is not handed
    to another school. Raises CannotChangeCase.
    """
    recipient, chosen = Recipient(recipient), [PackPart(part) for part in parts]
    to = to.strip()[:TO_LIMIT]
    if not chosen:
        raise CannotChangeCase(_("渡すものを一つ以上選んでください。"))
    if not to:
        raise CannotChangeCase(_("渡す先の名前を書いてください。"))
    if recipient == Recipient.SCHOOL and PackPart.EVIDENCE in chosen:
        raise CannotChangeCase(_("家庭の同意でつながった根拠は、ほかの学校には渡せません。"))
    if recipient == Recipient.SCHOOL and is_urgent:
        raise CannotChangeCase(_("ほかの学校へは、二人目が確かめてから渡します。"))
    Municipality.objects.select_for_update(no_key=True).get(pk=case.municipality_id)
    rows = HandOver.objects.filter(municipality=case.municipality_id)
    return write_note(
        HandOver, case, actor=actor, what="note", action=Action.PACK_MADE, words=words,
        content={"to": to, "parts": [part.value for part in chosen]}, form_key=form_key, seen=seen,
        recipient=recipient, is_urgent=is_urgent,
        number=(rows.aggregate(last=Max("number"))["last"] or 0) + 1,
    )  # fmt: skip


def may_confirm(hand_over: HandOver, user: User) -> bool:
    """Whether this person may be the second one: another human who cares for the student."""
    return (
        hand_over.confirmed_at is None
        and not is_same_person(user, hand_over.written_by_id)
        and may_work_on(hand_over.case, user)
    )


@transaction.atomic
def confirm_hand_over(hand_over: HandOver, *, actor: User) -> HandOver:
    """Confirm a pack as the second person; twice is once. Raises CannotChangeCase."""
    case = locked_case(hand_over.case, actor)
    row = HandOver.objects.select_for_update(no_key=True).get(pk=hand_over.pk)
    if row.confirmed_at is not None:
        return row
    if not may_confirm(row, actor):
        raise CannotChangeCase(_("資料を作った人とは別の人が確かめます。"))
    row.confirmed_at, row.confirmed_by = clock.now(), actor
    row.save(update_fields=["confirmed_at", "confirmed_by"])
    record_act(Action.PACK_CONFIRMED, case, actor)
    return row


@transaction.atomic
def open_pack(hand_over: HandOver, *, actor: User, reason: str, as_file: bool = False) -> Pack:
    """What the pack holds, as it stood when it was made; every look is recorded.

    Who is to confirm it reads it too, on the page alone. Raises PermissionDenied, CannotChangeCase
    where it may not go out yet and this person is not to confirm it.
    """
    is_to_confirm = not as_file and may_confirm(hand_over, actor)
    if not hand_over.may_go_out and not is_to_confirm:
        raise CannotChangeCase(_("二人目が確かめるまで、印刷できません。"))
    opened = casework.open_case(hand_over.case, actor=actor, reason=reason)
    content = open_sealed([hand_over], actor=actor, reason=OpeningReason(reason))[0]
    if not content:
        raise PermissionDenied(content_words(content))
    entries = [e for e in timeline_of(opened) if e.at <= hand_over.written_at]
    chosen = [PackPart(part) for part in content["parts"]]
    made_on = hand_over.written_at.astimezone(clock.JST).date()
    record_act(Action.PACK_PRINTED, opened.case, actor, reason_code=OpeningReason(reason))
    return Pack(
        row=hand_over,
        case=opened.case,
        to=content["to"],
        why=content["words"],
        parts=[str(part.label) for part in chosen],
        evidence=[
            (one.sign.rule.title, facts)
            for one in opened.signs
            if PackPart.EVIDENCE in chosen
            and not one.sign.is_positive
            and one.sign.raised_at <= hand_over.written_at
            and (facts := [fact for fact in one.facts or () if fact[0] <= made_on])
        ],
        sections=[
            (str(part.label), [entry for entry in entries if entry.kind in kinds])
            for part, kinds in KINDS_OF.items()
            if part in chosen
        ],
    )


def watermark_of(pack: Pack, user: User) -> str:
    """Which copy this is: number, when, by whom, for whom."""
    at = clock.now().astimezone(clock.JST)
    return _("第%(number)s号・%(at)s・%(by)s・%(to)s あて") % {
        "number": pack.row.number, "at": f"{at:%Y-%m-%d %H:%M}", "by": staff_name(user),
        "to": pack.to,
    }  # fmt: skip


# -- what waits -----------------------------------------------------------------------------------


def unconfirmed(cases: Iterable[SupportCase]) -> list[tuple[HandOver, date | None]]:
    """[(pack, by which day)] of these cases that no second person has confirmed."""
    rows = HandOver.objects.filter(case__in=cases, confirmed_at=None)
    found = rows.select_related("case__student__home_class").order_by("written_at")
    return [(row, _confirm_by(row) if row.is_urgent else None) for row in found]


def _confirm_by(row: HandOver) -> date:
    """The first school day after the pack was made."""
    day = row.written_at.astimezone(clock.JST).date() + timedelta(days=1)
    for _day in range(MOST_DAYS_CLOSED):
        if is_school_day(row.case.school_id, day):
            break
        day += timedelta(days=1)
    return day


@transaction.atomic
def add_centre_report(
    case: SupportCase, *, actor: User, words: str, form_key: UUID, seen: str | None = None
) -> CentreReport:
    """Append that 児童相談所 was told; one person does it, and nobody's consent is needed."""
    return write_note(
        CentreReport, case, actor=actor, what="note", action=Action.CENTRE_TOLD, words=words,
        form_key=form_key, seen=seen,
    )  # fmt: skip
