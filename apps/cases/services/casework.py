"""Work on a case: open it with a reason, decide, plan, refer, record the outcome, close.

Notes are encrypted with the student's "casework" key and never changed.
"""

from dataclasses import dataclass, field

from django.core.exceptions import PermissionDenied
from django.db import transaction

from apps.audit.models import Action, Audience
from apps.audit.services.audit_events import record_about
from apps.cases.models import (
    CaseDecision,
    CaseState,
    Judgement,
    Outcome,
    Referral,
    Sign,
    SupportCase,
    SupportPlan,
)
from apps.cases.words import fact_in_words, source_in_words
from apps.core import clock
from apps.core.clock import today
from apps.core.text import is_blank
from apps.notices.models import PublishState, SupportOrganisation
from apps.people.admin_bases.edit_conflicts import staff_name
from apps.people.models import Role
from apps.people.permissions import may, may_open, role_of
from apps.vault.services.keys import key_for_writing, make_key_without_store
from apps.vault.services.sealed_content import OpeningReason, open_sealed
from apps.vault.words import content_words, why_unreadable

PURPOSE = "casework"
WORDS_LIMIT = 2000

NEW, LOOKING, WATCHING, SUPPORTING, CLOSED = CaseState
TRANSITIONS = {  # state → allowed action → next state
    NEW: {"open": LOOKING},
    LOOKING: {"open": LOOKING, "nothing": CLOSED, "watch": WATCHING, "support": SUPPORTING},
    WATCHING: {
        "open": WATCHING,
        "nothing": CLOSED,
        "watch": WATCHING,
        "support": SUPPORTING,
        "outcome": WATCHING,
        "close": CLOSED,
    },
    SUPPORTING: {
        "open": SUPPORTING,
        "nothing": CLOSED,
        "watch": WATCHING,
        "support": SUPPORTING,
        "plan": SUPPORTING,
        "refer": SUPPORTING,
        "outcome": SUPPORTING,
        "close": CLOSED,
    },
    CLOSED: {},
}
REFUSALS = {
    NEW: "先に、理由を選んで開いてください。",
    LOOKING: "先に、判断を書いてください。",
    WATCHING: "支援計画と紹介は、「支援を考える」と判断してから書けます。",
    SUPPORTING: "いまはできません。",
    CLOSED: "このケースは終わっています。",
}


class CannotChangeCase(Exception):
    """The transition is not allowed; the message is shown to the user."""


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
    """A case after opening, for its page: the notes are (row, text), newest first."""

    case: SupportCase
    signs: list
    decisions: list = field(repr=False)
    plans: list = field(repr=False)
    referrals: list = field(repr=False)
    outcomes: list = field(repr=False)


# -- opening --------------------------------------------------------------------------------------


@transaction.atomic
def open_case(case, *, actor, reason):
    """Open a case for staff and return the OpenedCase; the first to open it becomes its holder.

    Leaves audit rows every time. Raises PermissionDenied, CannotChangeCase for a case
    that is over, ValueError without a reason.
    """
    reason = OpeningReason(reason)
    case = _locked(case, actor)
    _move(case, "open")
    if case.first_seen_at is None:
        case.first_seen_at = clock.now()
    if case.holder_id is None:
        case.holder, case.holder_role = actor, _role_label(actor, case)
    case.save()
    _record(Action.CASE_OPENED, case, actor, reason_code=reason)
    signs = case.signs.open().readable().select_related("rule", "student")
    return OpenedCase(
        case=case,
        signs=_open_signs(signs, actor, reason),
        **{
            name: _open_notes(getattr(case, name), actor, reason)
            for name in ("decisions", "plans", "referrals", "outcomes")
        },
    )


def _open_signs(signs, actor, reason):
    allowed = [sign for sign in signs if _may_open(actor, sign)]
    contents = open_sealed(allowed, actor=actor, reason=reason) if allowed else []
    found = {sign.pk: content for sign, content in zip(allowed, contents, strict=True)}
    return [
        _opened(sign, found[sign.pk]) if sign.pk in found else OpenedSign(sign, None)
        for sign in signs
    ]


def _may_open(actor, sign):
    """Whether this role may read what the rule read: of each purpose that it needs."""
    purposes = filter(None, (sign.purpose, sign.rule.also))
    return all(may_open(actor, sign.student, purpose) for purpose in purposes)


def _opened(sign, content):
    if not content:
        return OpenedSign(sign, None, why_unreadable(content))
    facts = [fact_in_words(item) for item in content["items"]]
    return OpenedSign(sign, facts, "", [source_in_words(one) for one in content.get("sources", [])])


def _open_notes(manager, actor, reason):
    rows = list(manager.select_related("student"))
    contents = open_sealed(rows, actor=actor, reason=reason) if rows else []
    return [(row, content_words(content)) for row, content in zip(rows, contents, strict=True)]


# -- writing --------------------------------------------------------------------------------------


@transaction.atomic
def add_decision(case, *, actor, judgement, words, form_key, seen=None):
    """Append a judgement and return the CaseDecision; the same form twice is one.

    ``seen`` is ``written_so_far`` as on the writer's page (here and in the functions below):
    where a colleague has written since, nothing is written. Raises PermissionDenied,
    CannotChangeCase.
    """
    judgement = Judgement(judgement)
    return _write(
        CaseDecision, case, actor, judgement.value, words, form_key,
        Action.CASE_DECIDED, seen, judgement=judgement,
    )  # fmt: skip


@transaction.atomic
def add_plan(case, *, actor, words, review_on, form_key, seen=None):
    """Append a support plan with its review date (not in the past)."""
    if review_on < today():
        raise CannotChangeCase("次の確認は、きょうより前の日にできません。")
    return _write(
        SupportPlan, case, actor, "plan", words, form_key, Action.PLAN_MADE, seen,
        review_on=review_on,
    )  # fmt: skip


@transaction.atomic
def add_referral(case, *, actor, organisation, words, form_key, seen=None):
    """Append a referral to an organisation for this municipality."""
    if not organisations_for(case).filter(pk=organisation.pk).exists():
        raise CannotChangeCase("この窓口は選べません。")
    return _write(
        Referral, case, actor, "refer", words, form_key,
        Action.REFERRAL_MADE, seen, organisation=organisation,
    )  # fmt: skip


@transaction.atomic
def add_outcome(case, *, actor, words, form_key, seen=None):
    """Append the outcome of the support."""
    return _write(Outcome, case, actor, "outcome", words, form_key, Action.OUTCOME_RECORDED, seen)


@transaction.atomic
def close_case(case, *, actor, seen=None):
    """Close a case; twice is once. Support that has begun needs an outcome first."""
    case = _locked(case, actor)
    if case.state == CLOSED:
        return case
    _check_seen(case, seen, actor)
    if case.state == SUPPORTING and not case.outcomes.exists():
        raise CannotChangeCase("先に、支援の結果を書いてください。")
    _move(case, "close")
    case.save()
    _record(Action.CASE_CLOSED, case, actor)
    return case


def written_so_far(case):
    """A short text for how much has been written about a case, to detect later writing."""
    return str(len(_notes_of(case)))


def organisations_for(case):
    """The organisations for a referral: national ones and the municipality's."""
    return SupportOrganisation.objects.for_municipality(case.municipality_id).exclude(
        state=PublishState.WITHDRAWN
    )


# -- helpers --------------------------------------------------------------------------------------


def _locked(case, actor):
    """The case, locked, if this person may work on it. Raises PermissionDenied."""
    case = (
        SupportCase.objects.select_for_update(of=["self"], no_key=True)
        .select_related("student", "holder")
        .get(pk=case.pk)
    )
    if not (may(actor, "cases.decide", case.student) and may_open(actor, case.student, PURPOSE)):
        raise PermissionDenied("このケースを扱う立場ではありません。")
    return case


def _notes_of(case):
    managers = (case.decisions, case.plans, case.referrals, case.outcomes)
    return [note for manager in managers for note in manager.select_related("written_by")]


def _check_seen(case, seen, actor):
    """Raise if something was written since ``seen``; None: the caller has no page."""
    notes = _notes_of(case)
    if seen is None or (seen or "0") == str(len(notes)):
        return
    names = "・".join(
        dict.fromkeys(staff_name(n.written_by) for n in notes if n.written_by != actor)
    )
    raise CannotChangeCase(
        f"書いているあいだに、{names or 'ほかの画面'}から記録が入りました。まだ残していません。"
        "「これまで」を読んでから、残すかどうかを決めてください。"
    )


def _move(case, what):
    transitions = TRANSITIONS[CaseState(case.state)]
    if what not in transitions:
        raise CannotChangeCase(REFUSALS[CaseState(case.state)])
    case.state = transitions[what]
    if case.state == CLOSED:
        case.closed_at = clock.now()


def _write(model, case, actor, move, words, form_key, action, seen, **fields):
    case = _locked(case, actor)
    earlier = model.objects.filter(case=case, form_key=form_key).first()
    if earlier:
        return earlier
    words = _checked(words)
    _check_seen(case, seen, actor)
    _move(case, move)
    case.review_on = fields.get("review_on", case.review_on)
    case.save()
    row = model(
        municipality_id=case.municipality_id, case=case, form_key=form_key, written_by=actor,
        written_role=_role_label(actor, case), **fields,
    )  # fmt: skip
    make_key_without_store(case.student, PURPOSE)
    key_for_writing(case.student_id, PURPOSE).seal(row, {"words": words}).save(force_insert=True)
    _record(action, case, actor)
    return row


def _checked(words):
    words = (words or "").replace("\r\n", "\n").strip()
    if is_blank(words):
        raise CannotChangeCase("言葉を書いてください。")
    if len(words) > WORDS_LIMIT:
        raise CannotChangeCase(f"{WORDS_LIMIT}字までで書いてください。")
    return words


def _role_label(actor, case):
    return str(Role(role_of(actor, case.student)).label)


def _record(action, case, actor, reason_code=""):
    record_about(
        case, action, actor=actor, role=role_of(actor, case.student),
        purpose=PURPOSE, reason_code=reason_code, audience=Audience.PROTECTIVE,
    )  # fmt: skip
