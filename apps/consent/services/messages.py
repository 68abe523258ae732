"""Messages in students' inbox when a link begins or ends.

No guardian gets one: from a message, or from none, the child's answer would follow.
"""

from apps.consent.effectiveness_rules import EffectivenessReason
from apps.consent.models import ConsentMessage, EndReason, MessageKind
from apps.consent.services.recorded_names import seal_name
from apps.core import clock
from apps.core.sql_batches import insert_rows

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


def send_messages(students, purposes, *, ended=None, but=None, batch=None):
    """One message to each of these students who has an account.

    ``ended`` is an EndReason, or None where the link began; ``but`` is the user who caused it and
    needs no message.
    """
    kind = MessageKind.BEGAN if ended is None else KIND_OF_END.get(ended, MessageKind.ENDED)
    messages = (
        _message(student, kind, ended or "", purposes)
        for student in students
        if student.user_id and (but is None or student.user_id != but.pk)
    )
    insert_rows(messages, batch)


def _message(student, kind, why, purposes):
    message = ConsentMessage(
        municipality_id=student.municipality_id,
        user_id=student.user_id,
        student=student,
        kind=kind,
        why=why,
        purposes=sorted(map(str, purposes)),
    )
    seal_name(message, student)
    return message


def count_unread(user):
    """How many messages this student has not seen."""
    return messages_of(user).filter(opened_at=None).count()


def messages_of(user):
    """A student's messages, newest first; of everybody else none."""
    found = ConsentMessage.objects.filter(user=user.pk, student__user=user.pk)
    return found.order_by(*NEWEST_FIRST).select_related("student")


def mark_messages_seen(messages):
    """Note that the messages were on their reader's screen."""
    unseen = [message.pk for message in messages if message.opened_at is None]
    ConsentMessage.objects.filter(pk__in=unseen).update(opened_at=clock.now())
