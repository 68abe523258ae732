"""Who proves that a student was there: nobody who could have been the student with the card.

A confirmation counts after the fact only, and says nothing to what its page did not show.
"""

from apps.people.act_counts import as_seen, counts_now
from apps.people.acts import ACTS
from apps.people.models import PendingAct, Student, User
from apps.people.permissions import may

TOO_EARLY = "生徒がまだ新しい暗証番号を決めていません。決めたあとで、本人に聞いて確かめます。"
HOLDS_PAPER = "この生徒のカードを配れる人は、確かめられません。カードを配らない人が本人に聞きます。"
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
    if may(user, ACTS[kind].kept_from, student):
        return HOLDS_PAPER
    begun = PendingAct.objects.filter(kind=kind, thing_id=str(student.pk), proposed_by=user.pk)
    since = student.pin_reset_at
    if student.pin_reset_by_id == user.pk or (
        since and begun.filter(proposed_at__gte=since).exists()
    ):
        return WAS_FIRST
    return ""


def why_not_as_seen(act: PendingAct, seen: str) -> str:
    """Why what the page showed is not what would be agreed to; "" where it is."""
    return "" if seen == as_seen(counts_now(act.kind, act.thing_id)) else CHANGED
