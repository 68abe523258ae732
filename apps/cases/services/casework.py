"""Work on a case: open it with a reason, note, decide, record the outcome, close and reopen.

Notes are encrypted with the student's "casework" key and never changed.
"""

import uuid
from dataclasses import dataclass, field

from django.db import IntegrityError, transaction
from django.db.models import QuerySet, prefetch_related_objects

from apps.audit.models import Action
from apps.cases.case_states import CLOSED
from apps.cases.models import (
    CaseDecision,
    CaseStateChange,
    Judgement,
    Observation,
    Outcome,
    Sign,
    StateChangeKind,
    SupportCase,
)
from apps.cases.services.case_writing import (
    NOTE_MANAGERS,
    CannotChangeCase,
    check_seen,
    locked_case,
    move,
    notes_for,
    record_act,
    role_label,
    since_reopened,
    write_note,
)
from apps.cases.services.plans import current_plan
from apps.cases.services.schemes import may_read_schemes
from apps.cases.words import fact_in_words, source_in_words
from apps.core import clock
from apps.people.models import User
from apps.people.permissions import may_open
from apps.vault.services.sealed_content import OpeningReason, open_sealed
from apps.vault.words import why_unreadable

RELATED = {  # relation of a note → what its words need of it
    "organisation": "organisation",
    "step": "step",
    "meeting": "meeting",
    "item": "item__meeting",
}
NOT_YOURS = "あなたの立場では読めません。"
OTHER_CASE_OPEN = "この生徒には、ほかに開いているケースがあります。そちらに書いてください。"


@dataclass(frozen=True)
class OpenedSign:
    """A sign and its facts [(date, text)].

    ``facts`` is None where they cannot be decrypted, and ``unreadable`` says why; "" where this
    role may not read them.
    """

    sign: Sign
    facts: list | None = field(repr=False)
    unreadable: str = ""
    sources: list = field(default_factory=list)  # from where the facts came, in words


@dataclass(frozen=True)
class OpenedCase:
    """A case after opening, for its page.

    ``notes`` are {name of the relation: [(row, its content)]}; ``earlier_signs`` are those that
    are over, without their evidence; ``n_unreadable``: signs whose key is not in use.
    """

    case: SupportCase
    signs: list
    notes: dict = field(repr=False)
    earlier_signs: list
    n_unreadable: int


# -- opening --------------------------------------------------------------------------------------


@transaction.atomic
def open_case(
    case: SupportCase, *, actor: User, reason: str, is_meeting: bool = False
) -> OpenedCase:
    """Open a case for staff; the first to open one that is not over becomes its holder.

    At a meeting nobody becomes that, and no evidence is opened. Leaves audit rows every time.
    Raises PermissionDenied, ValueError without a reason.
    """
    reason = OpeningReason(reason)
    case = locked_case(case, actor)
    move(case, "open")
    if case.first_seen_at is None:
        case.first_seen_at = clock.now()
    if case.holder_id is None and case.state != CLOSED and not is_meeting:
        case.holder, case.holder_role = actor, role_label(actor, case)
    case.save()
    record_act(Action.CASE_OPENED, case, actor, reason_code=reason)
    readable = list(case.signs.readable().select_related("rule", "student"))
    signs = [sign for sign in readable if sign.state == "open"]
    return OpenedCase(
        case=case,
        signs=_unopened(signs) if is_meeting else open_signs(signs, actor, reason),
        notes={name: _notes(name, case, actor, reason) for name in NOTE_MANAGERS},
        earlier_signs=[sign for sign in readable if sign.state != "open"],
        n_unreadable=case.signs.count() - len(readable),
    )


def _unopened(signs: list) -> list:
    return [OpenedSign(sign, None) for sign in signs]


def open_signs(signs: list, actor: User, reason: str) -> list:
    """The OpenedSigns of signs; without facts where this role may not read them."""
    allowed = [sign for sign in signs if may_open_sign(actor, sign)]
    contents = open_sealed(allowed, actor=actor, reason=reason) if allowed else []
    found = {sign.pk: content for sign, content in zip(allowed, contents, strict=True)}
    return [
        _opened(sign, found[sign.pk]) if sign.pk in found else OpenedSign(sign, None)
        for sign in signs
    ]


def may_open_sign(actor: User, sign: Sign) -> bool:
    """Whether this role may read what the rule read: of each purpose that it needs."""
    purposes = filter(None, (sign.purpose, sign.rule.also))
    return all(may_open(actor, sign.student, purpose) for purpose in purposes)


def _opened(sign: Sign, content: dict | None) -> OpenedSign:
    if not content:
        return OpenedSign(sign, None, why_unreadable(content))
    facts = [fact_in_words(item) for item in content["items"]]
    return OpenedSign(sign, facts, "", [source_in_words(one) for one in content.get("sources", [])])


def _notes(name: str, case: SupportCase, actor: User, reason: str) -> list:
    """[(row, content)]; what tells of income is not opened for who may not read that."""
    rows = notes_for(name, case, actor)
    if name == "scheme_steps" and not may_read_schemes(actor, case.student):
        return [(row, {"words": NOT_YOURS}) for row in rows]
    return _open_notes(rows, actor, reason)


def _open_notes(rows: QuerySet, actor: User, reason: str) -> list:
    """[(row, content)]; the relations of a row that its words name are loaded with it."""
    names = {field.name for field in rows.model._meta.fields}
    found = list(rows.select_related("student", *(RELATED[name] for name in names & set(RELATED))))
    if "organisation" in names:
        prefetch_related_objects(found, "answers")
    contents = open_sealed(found, actor=actor, reason=reason) if found else []
    return list(zip(found, contents, strict=True))


# -- writing --------------------------------------------------------------------------------------


@transaction.atomic
def add_observation(
    case: SupportCase, *, actor: User, words: str, form_key: uuid.UUID, seen: str | None = None
) -> Observation:
    """Append what somebody saw or heard, without a judgement.

    ``seen`` is ``written_so_far`` as on the writer's page (here and in the functions below):
    where a colleague has written since, nothing is written. Raises PermissionDenied,
    CannotChangeCase.
    """
    return write_note(
        Observation, case, actor=actor, what="note", action=Action.CASE_NOTED, words=words,
        form_key=form_key, seen=seen,
    )  # fmt: skip


@transaction.atomic
def add_decision(
    case: SupportCase, *, actor: User, judgement: str, words: str, form_key: uuid.UUID,
    seen: str | None = None,
) -> CaseDecision:  # fmt: skip
    """Append a judgement with its reason; "nothing" closes a case that has no plan."""
    judgement = Judgement(judgement)
    locked_case(case, actor)
    ends_not = judgement == Judgement.NOTHING and current_plan(case) is not None
    return write_note(
        CaseDecision, case, actor=actor, action=Action.CASE_DECIDED, words=words,
        what="nothing_with_plan" if ends_not else judgement.value, form_key=form_key, seen=seen,
        judgement=judgement,
    )  # fmt: skip


@transaction.atomic
def add_outcome(
    case: SupportCase, *, actor: User, words: str, form_key: uuid.UUID, seen: str | None = None
) -> Outcome:
    """Append the outcome of the support: what changed, as seen by whom."""
    return write_note(
        Outcome, case, actor=actor, what="outcome", action=Action.OUTCOME_RECORDED, words=words,
        form_key=form_key, seen=seen,
    )  # fmt: skip


# -- the end, and a new beginning -----------------------------------------------------------------


@transaction.atomic
def close_case(case: SupportCase, *, actor: User, seen: str | None = None) -> SupportCase:
    """Close a case; twice is once. It needs an outcome first."""
    case = locked_case(case, actor)
    if case.state == CLOSED:
        return case
    check_seen(case, seen, actor)
    if not since_reopened(case, case.outcomes.all()).exists():
        raise CannotChangeCase("先に、支援の結果を書いてください。")
    write_note(
        CaseStateChange, case, actor=actor, what="close", action=Action.CASE_CLOSED, words=None,
        form_key=uuid.uuid4(), seen=None, kind=StateChangeKind.CLOSED,
    )  # fmt: skip
    case.refresh_from_db()
    return case


@transaction.atomic
def reopen_case(
    case: SupportCase, *, actor: User, words: str, form_key: uuid.UUID, seen: str | None = None
) -> CaseStateChange:
    """Open a closed case again, with a reason; who does it holds it.

    Raises CannotChangeCase where another case of the student is open.
    """
    case = locked_case(case, actor)
    if case.state == CLOSED and other_open_case(case, actor) is not None:
        raise CannotChangeCase(OTHER_CASE_OPEN)
    try:
        with transaction.atomic():
            row = write_note(
                CaseStateChange, case, actor=actor, what="reopen", action=Action.CASE_REOPENED,
                words=words, form_key=form_key, seen=seen, kind=StateChangeKind.REOPENED,
            )  # fmt: skip
    except IntegrityError as error:  # another was opened at the same moment
        raise CannotChangeCase(OTHER_CASE_OPEN) from error
    SupportCase.objects.filter(pk=case.pk).update(
        closed_at=None, holder=actor, holder_role=role_label(actor, case)
    )
    return row


def other_open_case(case: SupportCase, actor: User) -> SupportCase | None:
    """Another case of the same student that is open and that this person may see."""
    others = SupportCase.objects.open().filter(student_id=case.student_id).exclude(pk=case.pk)
    return others.filter(pk__in=SupportCase.objects.visible_to(actor).values("pk")).first()
