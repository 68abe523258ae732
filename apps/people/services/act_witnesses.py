"""Who may confirm that a student was present: nobody who could have used the student's card.

That excludes who may hand it out, and who has ever made or printed one.

A confirmation covers only what its page showed.
"""

from uuid import UUID

from apps.people.act_kinds import ACT_KINDS
from apps.people.models import PendingAct, Student, User
from apps.people.permission_tables import ROLES_BY_VERB
from apps.people.post_scope import post_includes_place
from apps.people.services.act_counts import live_counts, serialise_counts
from apps.people.services.credential_holders import students_of_handled_credentials
from apps.people.services.person_accounts import (
    OWN_FAMILY_REFUSED,
    accounts_of_person,
    children_of_person,
    posts_of_person,
)

PIN_NOT_CHOSEN_YET = (
    "生徒がまだ新しい暗証番号を決めていません。決めたあとで、本人に聞いて確かめます。"
)
HANDS_OUT_CARDS = (
    "この生徒のカードを配れる人は、確かめられません。カードを配らない人が本人に聞きます。"
)
HANDLED_CARD = "この生徒のカードを作った人・印刷した人・配れた人のほかの人が確かめます。"
RESET_THE_PIN = "この生徒の暗証番号を決めなおした人のほかの人が確かめます。"
COUNTS_CHANGED = "ページを開いたあとで数が変わりました。いまの数を見て、もう一度 確かめてください。"


def why_no_credible_witness(act: PendingAct, user: User) -> str:
    """Why this person's confirmation would not count (yet); "" where it would."""
    rule = ACT_KINDS[act.kind]
    if not rule.kept_from:
        return ""
    student = Student.objects.get(pk=act.thing_id)
    came_at = getattr(student, rule.waits_for)
    if came_at is None or came_at < act.proposed_at:
        return PIN_NOT_CHOSEN_YET
    return why_not_witness(act.kind, student, user)


def why_not_witness(kind: str, student: Student, user: User) -> str:
    """Why this person cannot confirm that the student was present; "" where they can."""
    accounts = accounts_of_person(user)
    begun = PendingAct.objects.filter(kind=kind, thing_id=str(student.pk), proposed_by__in=accounts)
    since = student.pin_reset_at
    if student.pin_reset_by_id in accounts or (
        since and begun.filter(proposed_at__gte=since).exists()
    ):
        return RESET_THE_PIN
    return why_card_handler(
        kind, student, user, students_of_handled_credentials([student.pk], accounts)
    )


def why_card_handler(kind: str, student: Student, user: User, had: set[UUID]) -> str:
    """Why this person may have, or have had, the student's card; "" where they never could.

    ``had`` says whether they are known to have had it.
    """
    if student.pk in children_of_person(user):
        return OWN_FAMILY_REFUSED
    roles = ROLES_BY_VERB[ACT_KINDS[kind].kept_from]
    held = [post for post in posts_of_person(user) if post.role in roles]
    if any(post_includes_place(post, student) for post in held):
        return HANDS_OUT_CARDS
    return HANDLED_CARD if student.pk in had else ""


def why_counts_differ(act: PendingAct, seen: str) -> str:
    """Why the counts on the page are out of date; "" where they are not."""
    return "" if seen == serialise_counts(live_counts(act.kind, act.thing_id)) else COUNTS_CHANGED
