"""What every act on a case shares: who may, in which state, what came between, the sealed row."""

from collections.abc import Iterator
from typing import Any, TypeVar
from uuid import UUID

from django.core.exceptions import PermissionDenied
from django.db.models import Q, QuerySet
from django.utils.translation import gettext as _

from apps.audit.models import Action, Audience
from apps.audit.services.audit_events import record_about
from apps.cases.case_states import CLOSED, REFUSALS, TRANSITIONS
from apps.cases.models import CaseDecision, CaseNote, CaseState, StateChangeKind, SupportCase
from apps.core import clock
from apps.core.text import is_blank
from apps.people.admin_bases.edit_conflicts import staff_name
from apps.people.models import Role, User
from apps.people.permissions import may, may_open, role_of
from apps.people.services.person_accounts import accounts_of_person, roles_of_person
from apps.vault.services.keys import key_for_writing, make_key_without_store

PURPOSE = "casework"
WORDS_LIMIT = 2000
NOTE_MANAGERS = (
    "state_changes", "outcomes", "referrals", "step_results", "steps", "plans", "decisions",
    "observations", "beginnings", "hand_overs", "centre_reports", "scheme_steps",
    "conversations", "minutes", "meeting_items",
)  # fmt: skip
Note = TypeVar("Note", bound=CaseNote)


class CannotChangeCase(Exception):
    """The act is not allowed; the message is shown to the user."""


def locked_case(case: SupportCase, actor: User) -> SupportCase:
    """The case, locked, if this person may work on it. Raises PermissionDenied."""
    case = (
        SupportCase.objects.select_for_update(of=["self"], no_key=True)
        .select_related("student", "holder", "school")
        .get(pk=case.pk)
    )
    if not may_work_on(case, actor):
        raise PermissionDenied(_("このケースを扱う立場ではありません。"))
    return case


def may_work_on(case: SupportCase, user: User) -> bool:
    """Whether this person sees the case, decides about its student and reads what is written."""
    return (
        may(user, "cases.decide", case.student)
        and may_open(user, case.student, PURPOSE)
        and SupportCase.objects.visible_to(user).filter(pk=case.pk).exists()
    )


def written_so_far(case: SupportCase, user: User) -> str:
    """A short text for how much this person knows to be written about a case, to detect more."""
    return str(sum(notes_for(name, case, user).count() for name in NOTE_MANAGERS))


def n_written_since(case: SupportCase, seen: str, user: User) -> int:
    """How much has been written since ``seen``, the text of ``written_so_far`` on a page."""
    if not (seen.isascii() and seen.isdigit()):
        return 0
    return int(written_so_far(case, user)) - int(seen)


def notes_for(name: str, case: SupportCase, user: User) -> QuerySet[Any]:
    """The notes of one kind that exist for this person.

    A conversation of which the student said that a role must not know does not exist for it: that
    it is kept from them would tell them. Every post of the person counts, under any account.
    """
    rows: QuerySet[Any] = getattr(case, name).all()
    if name != "conversations":
        return rows
    roles = {role_of(user, case.student), *roles_of_person(user)}
    own = accounts_of_person(user)
    return rows.exclude(Q(kept_from__overlap=sorted(filter(None, roles))) & ~Q(written_by__in=own))


def notes_of(case: SupportCase, user: User) -> Iterator[CaseNote]:
    """Everything written about the case that exists for this person, sealed."""
    for name in NOTE_MANAGERS:
        yield from notes_for(name, case, user).select_related("written_by")


def check_seen(case: SupportCase, seen: str | None, actor: User) -> None:
    """Raise CannotChangeCase if something was written since ``seen``; None: there is no page."""
    if seen is None or (seen or "0") == written_so_far(case, actor):
        return
    by = dict.fromkeys(
        staff_name(n.written_by) for n in notes_of(case, actor) if n.written_by != actor
    )
    raise CannotChangeCase(
        _(
            "書いているあいだに、%(who)sから記録が入りました。"
            "まだ残していません。「これまで」を読んでから、残すかどうかを決めてください。"
        )
        % {"who": "・".join(by) or _("ほかの画面")}  # no sentence
    )


def move(case: SupportCase, what: str) -> None:
    """Take the case to the state that follows. Raises CannotChangeCase."""
    transitions = TRANSITIONS[CaseState(case.state)]
    if what not in transitions:
        raise CannotChangeCase(REFUSALS[CaseState(case.state)])
    was_closed = case.state == CLOSED
    case.state = transitions[what]
    if case.state == CLOSED and not was_closed:
        case.closed_at, case.review_on = clock.now(), None


def write_note(
    model: type[Note], case: SupportCase, *, actor: User, what: str, action: Action,
    words: str | None, form_key: UUID, seen: str | None, content: dict[str, Any] | None = None,
    **fields: Any,
) -> Note:  # fmt: skip
    """Append one sealed row about a case and return it; the same form twice is one.

    ``what`` is the move in the table of states; ``words`` is None where nothing need be written.
    Raises PermissionDenied, CannotChangeCase.
    """
    case = locked_case(case, actor)
    rows: Any = model._default_manager
    earlier = rows.filter(case=case, form_key=form_key).first()
    if earlier:
        return earlier
    sealed = {"words": "" if words is None else checked_words(words), **(content or {})}
    check_seen(case, seen, actor)
    move(case, what)
    case.review_on = fields.get("review_on", case.review_on)
    if model is CaseDecision:
        case.judged_at, case.is_urgent = clock.now(), False
    case.save()
    row = model(
        municipality_id=case.municipality_id, case=case, form_key=form_key, written_by=actor,
        written_role=role_label(actor, case), written_at=clock.now(), **fields,
    )  # fmt: skip
    make_key_without_store(case.student, PURPOSE)
    key_for_writing(case.student_id, PURPOSE).seal(row, sealed).save(force_insert=True)
    record_act(action, case, actor)
    return row


def checked_words(words: str | None, limit: int = WORDS_LIMIT) -> str:
    """The words without what a browser adds. Raises CannotChangeCase for none, or too many."""
    words = (words or "").replace("\r\n", "\n").strip()
    if is_blank(words):
        raise CannotChangeCase(_("言葉を書いてください。"))
    if len(words) > limit:
        raise CannotChangeCase(_("%(limit)s字までで書いてください。") % {"limit": limit})
    return words


def role_label(actor: User, case: SupportCase) -> str:
    """The role in which this person works on the case, in words."""
    return str(Role(role_of(actor, case.student)).label)


def record_act(action: Action, case: SupportCase, actor: User, reason_code: str = "") -> None:
    """Append the audit event of an act on a case; the family does not see it."""
    record_about(
        case, action, actor=actor, role=role_of(actor, case.student),
        purpose=PURPOSE, reason_code=reason_code, audience=Audience.PROTECTIVE,
    )  # fmt: skip


def since_reopened(case: SupportCase, rows: QuerySet[Any]) -> QuerySet[Any]:
    """Those of a case's rows that were written since it was last opened again."""
    reopened = case.state_changes.filter(kind=StateChangeKind.REOPENED)
    last = reopened.order_by("-written_at").values_list("written_at", flat=True).first()
    return rows.filter(written_at__gt=last) if last else rows
