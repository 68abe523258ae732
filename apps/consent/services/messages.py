"""Messages in people's inbox when a link begins or ends."""

from collections import defaultdict

from apps.consent.effectiveness_rules import EffectivenessReason
from apps.consent.models import ConsentMessage, EndReason, MessageKind
from apps.consent.services.recorded_names import seal_name
from apps.core import clock
from apps.core.sql_batches import insert_rows
from apps.people.models import Guardianship
from apps.people.permissions import students_kept_from

NEWEST_FIRST = ("-made_at", "-pk")
END_REASON_OF = {  # Effectiveness.why -> the reason shown to people
    EffectivenessReason.GUARDIAN_REFUSED: EndReason.DECISION,
    EffectivenessReason.STUDENT_REFUSED: EndReason.DECISION,
    EffectivenessReason.WAITING_ALONE: EndReason.ALONE,
    EffectivenessReason.NOT_OFFERED: EndReason.NOT_OFFERED,
    EffectivenessReason.OUT_OF_TERM: EndReason.OUT_OF_TERM,
    EffectivenessReason.NOT_ENROLLED: EndReason.NOT_ENROLLED,
}
# For these, people are told at once because they are asked again; for others, at the end.
ANNOUNCED_AT_ONCE = {EndReason.NEW_WORDS, EndReason.ALONE}
KIND_OF_END = {
    EndReason.NEW_WORDS: MessageKind.NEW_WORDS,
    EndReason.ALONE: MessageKind.ALONE,
    EndReason.LOST: MessageKind.LOST,
}


def end_reason_of(why):
    """The EndReason for an Effectiveness's ``why``."""
    return END_REASON_OF.get(why, EndReason.OTHER)


def people_concerned(students):
    """{student: ids of the users to tell}: the student and today's guardians, no former ones."""
    students = {student.pk: student for student in students}
    users = defaultdict(set)
    for student in students.values():
        if student.user_id:
            users[student.pk].add(student.user_id)
    guardianships = (
        Guardianship.objects.current().filter(student__in=students).exclude(guardian__user=None)
    )
    for student_id, user_id in guardianships.values_list("student_id", "guardian__user_id"):
        users[student_id].add(user_id)
    return {students[pk]: found for pk, found in users.items()}


def send_messages(concerned, purposes, *, ended=None, but=None, batch=None):
    """One message to each person concerned; ``concerned`` is {student: ids of their users}.

    ``ended`` is an EndReason, or None where the link began; ``but`` is the user who caused it and
    needs no message.
    """
    kind = MessageKind.BEGAN if ended is None else KIND_OF_END.get(ended, MessageKind.ENDED)
    messages = (
        _message(student, user_id, kind, ended or "", purposes)
        for student, users in concerned.items()
        for user_id in sorted(users)
        if but is None or user_id != but.pk
    )
    insert_rows(messages, batch)


def _message(student, user_id, kind, why, purposes):
    message = ConsentMessage(
        municipality_id=student.municipality_id,
        user_id=user_id,
        student=student,
        kind=kind,
        why=why,
        purposes=sorted(map(str, purposes)),
    )
    seal_name(message, student)
    return message


def count_unread(user):
    """How many messages this person has not seen."""
    return messages_of(user).filter(opened_at=None).count()


def messages_of(user):
    """A person's messages, newest first; none about a child this guardian is kept out from."""
    found = ConsentMessage.objects.filter(user=user.pk).order_by(*NEWEST_FIRST)
    return found.exclude(student__in=students_kept_from(user)).select_related("student")


def mark_messages_seen(messages):
    """Note that the messages were on their reader's screen."""
    unseen = [message.pk for message in messages if message.opened_at is None]
    ConsentMessage.objects.filter(pk__in=unseen).update(opened_at=clock.now())
