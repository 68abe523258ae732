"""Who proves that a student was there: nobody who could have been the student with the card.

That is who may hand it out, and who has ever made or printed one.

A confirmation counts after the fact only, and says nothing to what its page did not show.
"""

from uuid import UUID

from apps.people.act_counts import as_seen, counts_now
from apps.people.acts import ACTS
from apps.people.models import PendingAct, Student, User
from apps.people.paper_holders import had_paper_of
from apps.people.permissions import may
from apps.people.same_person import OF_THE_FAMILY, accounts_of, family_of

TOO_EARLY = "生徒がまだ新しい暗証番号を決めていません。決めたあとで、本人に聞いて確かめます。"
HOLDS_PAPER = "この生徒のカードを配れる人は、確かめられません。カードを配らない人が本人に聞きます。"
HAD_PAPER = "この生徒のカードを作った人・印刷した人・配れた人のほかの人が確かめます。"
WAS_FIRST = "この生徒の暗証番号を決めなおした人のほかの人が確かめます。"
CHANGED = "ページを開いたあとで数が変わりました。いまの数を見て、もう一度 確かめてください。"


def why_no_proof(act: PendingAct, user: User) -> str:
    """Why this person's word would prove nothing yet, or never; "" where it would."""
    rule = ACTS[act.kind]
    if not rule.kept_from:
        return ""
    student = Student.objects.get(pk=act.thing_id)
    came_at = getattr(student, rule.waits_for)
    if came_at is None or came_at < act.proposed_at:
        return TOO_EARLY
    return why_no_witness(act.kind, student, user)


def why_no_witness(kind: str, student: Student, user: User) -> str:
    """Why this person cannot say that the student was there; "" where they can."""
    accounts = accounts_of(user)
    begun = PendingAct.objects.filter(kind=kind, thing_id=str(student.pk), proposed_by__in=accounts)
    since = student.pin_reset_at
    if student.pin_reset_by_id in accounts or (
        since and begun.filter(proposed_at__gte=since).exists()
    ):
        return WAS_FIRST
    return why_holder(kind, student, user, had_paper_of([student.pk], accounts))


def why_holder(kind: str, student: Student, user: User, had: set[UUID]) -> str:
    """Why this person may hold, or have held, the student's paper; "" where they never could.

    ``had`` is what ``had_paper_of`` says of them.
    """
    if student.pk in family_of(user):
        return OF_THE_FAMILY
    if may(user, ACTS[kind].kept_from, student):
        return HOLDS_PAPER
    return HAD_PAPER if student.pk in had else ""


def why_not_as_seen(act: PendingAct, seen: str) -> str:
    """Why what the page showed is not what would be agreed to; "" where it is."""
    return "" if seen == as_seen(counts_now(act.kind, act.thing_id)) else CHANGED
