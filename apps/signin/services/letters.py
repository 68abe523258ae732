"""Letters that bring a guardian to their child: one code, one use, thirty days."""

from datetime import timedelta

from django.db import transaction
from django.utils import timezone

from apps.audit.models import Action
from apps.audit.services import record
from apps.people.models import Guardian, Guardianship, User
from apps.people.permissions import role_of
from apps.signin import codes
from apps.signin.models import Invitation
from apps.vault.services import blind_indexes

CODE = "invitation code"
LASTS = timedelta(days=30)


class CannotAccept(Exception):
    """The letter does not open; the message is a sentence for the guardian."""


NOT_USABLE = (
    "この手紙の番号は使えません。打ちまちがい、期限切れ、すでに使った番号のどれかです。"
    "学校に伝えると、新しい手紙をもらえます。"
)


@transaction.atomic
def issue_invitations(guardians, *, by, school_class=None):
    """Write a new letter to each guardian; an older open one ends. Returns [(guardian, code)]."""
    wanted = [guardian.pk for guardian in guardians]
    locked = Guardian.objects.filter(pk__in=wanted).order_by("pk").select_for_update().in_bulk()
    guardians = [locked[pk] for pk in wanted]  # the sheets come out in the order asked for
    now = timezone.now()
    Invitation.objects.filter(guardian__in=guardians, used_at=None, revoked_at=None).update(
        revoked_at=now
    )
    issued = []
    for guardian in guardians:
        code = codes.invent(codes.LETTER)
        letter = Invitation.objects.create(
            municipality_id=guardian.municipality_id,
            guardian=guardian,
            code_digest=blind_indexes(CODE, code)[0],
            school_class=school_class,
            issued_by=by,
            expires_at=now + LASTS,
        )
        _record(Action.INVITATION_ISSUED, letter, by)
        issued.append((guardian, code))
    return issued


def invitation_of(code):
    """The usable Invitation of a typed code. Raises CannotAccept: always the same sentence."""
    digests = blind_indexes(CODE, codes.normal(code))
    found = Invitation.objects.usable().filter(code_digest__in=digests).first()
    if found is None:
        raise CannotAccept(NOT_USABLE)
    return found


def children_of(invitation):
    """The students a letter leads to."""
    links = Guardianship.objects.current().filter(guardian=invitation.guardian)
    return [link.student for link in links.select_related("student__school")]


@transaction.atomic
def accept_invitation(code, user):
    """Tie this account to the guardian of the letter; returns the Guardian it now is.

    An account that already is a guardian is this one as well. Raises CannotAccept for staff, students, or a letter that is not usable any more.
    """
    letter = Invitation.objects.select_for_update().get(pk=invitation_of(code).pk)
    if letter.used_at is not None or letter.revoked_at is not None:
        raise CannotAccept(NOT_USABLE)
    User.objects.select_for_update().get(pk=user.pk)
    if user.is_staff or hasattr(user, "student"):
        raise CannotAccept("職員や生徒のアカウントは、保護者のアカウントにできません。")
    guardian = _tie(letter.guardian, user)
    letter.used_at = timezone.now()
    letter.save(update_fields=["used_at"])
    _record(Action.INVITATION_USED, letter, user)
    return guardian


def _tie(guardian, user):
    if guardian.user_id not in (None, user.pk):
        raise CannotAccept(NOT_USABLE)  # somebody else already is this guardian
    guardian.user = user
    guardian.save(update_fields=["user"])
    return guardian


def _record(action, letter, by):
    for student in children_of(letter):
        record(
            action,
            actor=by,
            role=role_of(by, student) if by else "system",
            municipality_id=letter.municipality_id,
            subject_id=student.pk,
            thing=letter,
        )
