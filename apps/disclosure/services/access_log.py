"""The complete record of who accessed a student's records; review of hidden accesses."""

from datetime import timedelta

from django.db import IntegrityError, transaction
from django.db.models import Exists, OuterRef, Q
from django.utils.translation import gettext as _

from apps.audit.models import Action, Audience, AuditEvent, EventReason
from apps.audit.services.audit_events import record
from apps.consent.models import Purpose
from apps.core import clock
from apps.core.text import is_blank
from apps.disclosure.models import HiddenAccessEntry
from apps.people.models import Guardian, Student
from apps.people.permissions import role_of, students_where
from apps.people.services.person_accounts import accounts_of_person
from apps.vault.card_purposes import CARD_PURPOSES
from apps.vault.services.sealed_content import card_field

GIVEN_TO_STUDENT = (
    Action.SEALED_OPENED,
    Action.SEALED_EVALUATED,
    Action.KEY_MADE,
    Action.KEY_PAUSED,
    Action.KEY_RESUMED,
    Action.KEY_DESTROYED,
    Action.CONSENT_DECIDED,
)
SHOWN_AFTER = timedelta(days=14)  # without a second person an entry is shown after this


class CannotDecideEntry(Exception):
    """The second person's decision is refused; the message is a sentence for that person."""


def complete_entries(student):
    """The complete record about a student that may be given to them, newest first.

    Accesses, and what began and ended, about the purposes of consent: nothing of protective cases,
    nor of what others reported. An access for the student's safety is left out while it waits for a
    second person (14 days at most) and when that person has confirmed it.
    """
    return (
        AuditEvent.objects.about(student.pk)
        .filter(Q(audience=Audience.OPEN) | _shown_after_all())
        .filter(action__in=GIVEN_TO_STUDENT, purpose__in=["", *Purpose.values])
    )


def entries_awaiting_decision(user):
    """Accesses for safety that wait for this person's decision.

    Never their own accesses, nor those concerning their own children.
    """
    return (
        _taken_for_safety()
        .filter(subject_id__in=_students_decided_by(user))
        .filter(~Exists(_words()), at__gt=clock.now() - SHOWN_AFTER)
        .exclude(actor__in=accounts_of_person(user))
        .order_by("at")
    )


def hidden_entries_visible_to(user):
    """The HiddenAccessEntries this member of staff may read: those about students they decide for.

    None about their own children.
    """
    events = _taken_for_safety().filter(subject_id__in=_students_decided_by(user))
    return HiddenAccessEntry.objects.filter(Exists(events.filter(pk=OuterRef("event_id"))))


@transaction.atomic
def decide_hidden_entry(event_id, *, by, is_hidden, note):
    """The second person confirms that an entry stays hidden, or lets the family see it.

    Raises CannotDecideEntry where it is not theirs to decide, already decided, or without a note.
    """
    event = entries_awaiting_decision(by).filter(pk=event_id).first()
    if event is None:
        raise CannotDecideEntry(
            _("この閲覧は、もう決まっているか、あなたが決める閲覧ではありません。")
        )
    if is_blank(note):
        raise CannotDecideEntry(_("なぜかを書いてください。"))
    try:
        with transaction.atomic():
            word = HiddenAccessEntry.objects.create(
                event_id=event.pk, municipality_id=event.municipality_id, is_hidden=is_hidden,
                note=note.strip()[:200], decided_by=by,
            )  # fmt: skip
    except IntegrityError as error:
        raise CannotDecideEntry(_("いま、ほかの人が決めました。")) from error
    record(
        Action.LOOK_DECIDED,
        actor=by,
        role=role_of(by, Student.objects.filter(pk=event.subject_id).first(), "access_log.decide"),
        municipality_id=event.municipality_id,
        subject_id=event.subject_id,
        thing=word,
        audience=Audience.PROTECTIVE,
    )
    return word


def _students_decided_by(user):
    return Student.objects.filter(students_where(user, "access_log.decide")).values("pk")


def of_anothers_card(student, viewer):
    """A Q for openings of what was read with a card that is not this person's; none to the student."""
    if student.user_id == viewer.pk:
        return Q(pk__in=[])
    own_cards = Guardian.objects.filter(user=viewer.pk).values_list("pk", flat=True)
    cards = [card for pk in own_cards for card in card_field(pk)]
    opening_actions = (Action.SEALED_OPENED, Action.SEALED_EVALUATED)
    return Q(action__in=opening_actions, purpose__in=CARD_PURPOSES) & ~Q(fields__overlap=cards)


def _taken_for_safety():
    """Without looks at signs: no family reads those, and a protective case is nobody else's to see."""
    return AuditEvent.objects.exclude(thing="cases.Sign").filter(
        action=Action.SEALED_OPENED,
        audience=Audience.PROTECTIVE,
        reason_code=EventReason.SAFETY,
        purpose__in=Purpose.values,
    )


def _shown_after_all():
    unconfirmed = ~Exists(_words()) & Q(at__lte=clock.now() - SHOWN_AFTER)
    return Q(reason_code=EventReason.SAFETY) & (
        Exists(_words().filter(is_hidden=False)) | unconfirmed
    )


def _words():
    return HiddenAccessEntry.objects.filter(event_id=OuterRef("pk"))
