"""Referrals to organisations: made, printed as a sheet, answered by a link or by telephone."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.db import transaction
from django.db.models import QuerySet
from django.utils.translation import gettext as _

from apps.audit.models import Action, Audience
from apps.audit.services.audit_events import record_about
from apps.cases.models import (
    Referral,
    ReferralAnswer,
    ReferralAnswerKind,
    ReferralConsent,
    ReferralLink,
    SheetPart,
    SupportCase,
)
from apps.cases.services.case_writing import (
    CannotChangeCase,
    checked_words,
    locked_case,
    record_act,
    write_note,
)
from apps.cases.services.plans import current_plan
from apps.core import clock
from apps.core.municipality_scope import opens_municipality
from apps.core.sealed_tokens import open_token, seal_token
from apps.notices.models import PublishState, SupportOrganisation
from apps.people.models import User
from apps.vault.services.sealed_content import OpeningReason, open_sealed
from apps.vault.words import content_words

TOKEN_PURPOSE = "referral answer"  # noqa: S105 - names what the token is for
LINK_LASTS = timedelta(days=90)
K = ReferralAnswerKind
REFUSALS = (K.FULL, K.NOT_OURS, K.UNREACHED, K.OTHER)
NEXT_ANSWERS: dict[
    ReferralAnswerKind | None, tuple[ReferralAnswerKind, ...]
] = {  # the last answer (None: none yet) → what may be answered next
    None: (K.ACCEPTED, *REFUSALS),
    K.ACCEPTED: (K.STARTED, *REFUSALS),
    K.STARTED: (K.ENDED,),
    **dict.fromkeys(REFUSALS, ()),
    K.ENDED: (),
}


@dataclass(frozen=True)
class ReferralSheet:
    """What the printed sheet of a referral shows; the link is None where none is in use."""

    referral: Referral
    words: str = field(repr=False)
    parts: list = field(repr=False)  # [(label, text)]
    why_alone: str = field(repr=False)
    link: ReferralLink | None


@transaction.atomic
def add_referral(
    case: SupportCase, *, actor: User, organisation: SupportOrganisation, words: str,
    agreed_by: str, parts: list[str], why_alone: str = "", form_key: UUID,
    seen: str | None = None,
) -> Referral:  # fmt: skip
    """Append a referral to an organisation for this municipality.

    ``words`` and ``parts`` are what is shared. ``why_alone`` is needed where nobody of the family
    has agreed.
    """
    agreed_by, parts = ReferralConsent(agreed_by), [SheetPart(part).value for part in parts]
    if not organisations_for(case).filter(pk=organisation.pk).exists():
        raise CannotChangeCase(_("この窓口は選べません。"))
    if agreed_by == ReferralConsent.NOBODY and not why_alone.strip():
        raise CannotChangeCase(_("だれにも聞かずに紹介するわけを書いてください。"))
    content = {"parts": parts, "why_alone": why_alone and checked_words(why_alone)}
    return write_note(
        Referral, case, actor=actor, what="refer", action=Action.REFERRAL_MADE, words=words,
        content=content, form_key=form_key, seen=seen, organisation=organisation,
        agreed_by=agreed_by,
    )  # fmt: skip


def organisations_for(case: SupportCase) -> QuerySet[SupportOrganisation]:
    """The organisations for a referral: national ones and the municipality's.

    Not 110 and 119: they are called.
    """
    found = SupportOrganisation.objects.for_municipality(case.municipality_id)
    return found.exclude(state=PublishState.WITHDRAWN).exclude(is_emergency=True)


# -- the sheet and its link -----------------------------------------------------------------------


@transaction.atomic
def open_sheet(referral: Referral, *, actor: User, reason: str) -> ReferralSheet:
    """The sheet of a referral, for print; every look is recorded. Raises PermissionDenied."""
    case = locked_case(referral.case, actor)
    reason = OpeningReason(reason)
    content = open_sealed([referral], actor=actor, reason=reason)[0]
    parts = (content or {}).get("parts", [])
    texts = {
        SheetPart.NAME: lambda: str(case.student),
        SheetPart.SCHOOL_CLASS: lambda: f"{case.school} {case.student.home_class or ''}".strip(),
        SheetPart.GOALS: lambda: _goals(case, actor, reason),
    }
    lines = [(part.label, texts[part]()) for part in SheetPart if part.value in parts]
    record_act(Action.REFERRAL_PRINTED, case, actor, reason_code=reason)
    return ReferralSheet(
        referral, content_words(content), lines, (content or {}).get("why_alone", ""),
        _link_in_use(referral),
    )  # fmt: skip


def _goals(case: SupportCase, actor: User, reason: str) -> str:
    plan = current_plan(case)
    return content_words(open_sealed([plan], actor=actor, reason=reason)[0]) if plan else "—"


@transaction.atomic
def renew_link(referral: Referral, *, actor: User) -> ReferralLink:
    """A new link for the organisation's answer; the one before is revoked."""
    case = locked_case(referral.case, actor)
    _revoke(referral, actor)
    now = clock.now()
    link = ReferralLink.objects.create(
        municipality_id=referral.municipality_id, referral=referral, made_by=actor, made_at=now,
        expires_at=now + LINK_LASTS,
    )  # fmt: skip
    record_act(Action.REFERRAL_LINKED, case, actor)
    return link


@transaction.atomic
def revoke_link(referral: Referral, *, actor: User) -> None:
    """The link in use answers no more; where there is none, nothing happens."""
    case = locked_case(referral.case, actor)
    if _revoke(referral, actor):
        record_act(Action.REFERRAL_LINKED, case, actor)


def _revoke(referral: Referral, actor: User) -> int:
    return referral.links.filter(revoked_at=None).update(revoked_at=clock.now(), revoked_by=actor)


def _link_in_use(referral: Referral) -> ReferralLink | None:
    return referral.links.filter(revoked_at=None, expires_at__gt=clock.now()).first()


def token_of(link: ReferralLink) -> str:
    """What the link's address ends in: encrypted, it carries neither a name nor a case."""
    return seal_token(TOKEN_PURPOSE, link.pk.bytes)


@opens_municipality()
def link_of(token: str) -> ReferralLink | None:
    """The link of a token, while it may be used: its case is open, and nobody revoked it."""
    raw = open_token(TOKEN_PURPOSE, token)
    if raw is None or len(raw) != len(UUID(int=0).bytes):
        return None
    links = ReferralLink.objects.filter(
        revoked_at=None, expires_at__gt=clock.now(), referral__case__in=SupportCase.objects.open()
    )
    return (
        links.select_related("referral__organisation", "referral__case")
        .filter(pk=UUID(bytes=raw))
        .first()
    )


# -- answers --------------------------------------------------------------------------------------


def next_answers(referral: Referral) -> tuple[ReferralAnswerKind, ...]:
    """What the organisation may answer now."""
    last = referral.answers.order_by("-answered_at").first()
    return NEXT_ANSWERS[ReferralAnswerKind(last.kind) if last else None]


@transaction.atomic
def answer_by_link(link: ReferralLink, kind: str) -> ReferralAnswer:
    """Append the organisation's answer; the same answer twice is one. Raises CannotChangeCase."""
    locked = ReferralLink.objects.select_for_update(no_key=True).get(pk=link.pk)
    if locked.revoked_at is not None or locked.expires_at <= clock.now():
        raise CannotChangeCase(_("このリンクは使えません。"))
    return _answer(link.referral, kind, {"link": locked})


@transaction.atomic
def enter_answer(
    case: SupportCase, *, actor: User, referral: Referral, kind: str, form_key: UUID | None = None,
    seen: str | None = None,
) -> ReferralAnswer:  # fmt: skip
    """Append what the organisation told staff; the same answer twice is one."""
    case = locked_case(case, actor)
    if referral.case_id != case.pk:
        raise CannotChangeCase(_("この紹介は選べません。"))
    return _answer(referral, kind, {"entered_by": actor}, actor)


def _answer(
    referral: Referral, kind: str, how: dict[str, Any], actor: User | None = None
) -> ReferralAnswer:
    kind = ReferralAnswerKind(kind)
    row = Referral.objects.select_for_update(no_key=True).get(pk=referral.pk)
    earlier = row.answers.filter(kind=kind).first()
    if earlier:
        return earlier
    if kind not in next_answers(row):
        raise CannotChangeCase(_("この返事は、いまは選べません。前の返事を確かめてください。"))
    answer = ReferralAnswer.objects.create(
        municipality_id=row.municipality_id, referral=row, kind=kind, answered_at=clock.now(), **how
    )
    if actor is not None:
        record_act(Action.REFERRAL_ANSWERED, row.case, actor)
    else:
        record_about(row, Action.REFERRAL_ANSWERED, role="none", audience=Audience.PROTECTIVE)
    return answer


def answers_in_words(referral: Referral) -> list[tuple[datetime, str]]:
    """[(when, what the organisation answered)], the oldest first."""
    return [
        (
            one.answered_at,
            f"{one.get_kind_display()}({_('リンクから') if one.link_id else _('職員が聞いた')})",
        )
        for one in referral.answers.all()
    ]
