"""Letters that lead a guardian to their child: one code, one use, thirty days from the hand-out."""

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from apps.audit.models import Action
from apps.audit.services.audit_events import record_about
from apps.core import clock
from apps.core.municipality_scope import opens_municipality
from apps.people.models import Guardian, Guardianship, GuardianStanding, User
from apps.people.permissions import students_kept_from
from apps.people.person_match_rules import TypedPerson
from apps.people.services import kept_out_people
from apps.registration.models import GuardianRegistration, InvitationLetter
from apps.registration.services import registrations, safe_contacts
from apps.registration.services.letter_records import (
    acting_role,
    change_hand_out_day,
    write_letters,
)
from apps.signin import codes
from apps.vault.services.keys import blind_indexes

CODE_LABEL = InvitationLetter.code_label


class CannotAccept(Exception):
    """The letter does not open; the message is for the guardian."""


NOT_USABLE = _(
    "この手紙の番号は使えません。打ちまちがいか、いまは使えない番号です。"
    "学校に伝えると、新しい手紙をもらえます。"
)
WAITS_ALREADY = _(
    "この手紙のあて名の方として登録した人が、もう学校の確認を待っています。"
    "登録した心当たりがないときは、すぐに学校に伝えてください。"
)


@transaction.atomic
def issue_guardian_letters(guardians, *, by, school_class=None):
    """Issue a new letter to each guardian; an older open one ends. Returns [(guardian, code)].

    Printing never calls this: ``print_runs.print_letters`` changes no code.
    """
    guardians = _lock_guardians([guardian.pk for guardian in guardians])
    written = write_letters(guardians, by=by, school_class=school_class)
    return [(guardian, code) for guardian, (_, code) in zip(guardians, written, strict=True)]


@transaction.atomic
def replace_guardian_letters(letter_ids, *, by, school_class=None):
    """Replace each guardian's letter if it is still valid. Returns [(guardian, code)].

    A letter that has already ended is skipped, so that a repeated request changes nothing.
    """
    named = InvitationLetter.objects.filter(pk__in=letter_ids)
    named = named.filter(guardian__isnull=False)
    guardians = _lock_guardians(named.values_list("guardian_id", flat=True))
    still = set(named.open().values_list("guardian_id", flat=True))
    return issue_guardian_letters([g for g in guardians if g.pk in still], by=by,
                             school_class=school_class)  # fmt: skip


@transaction.atomic
def ensure_guardian_letters(guardians, *, by, school_class=None, works_from=None):
    """[(guardian, open InvitationLetter)]; a guardian without one gets a new letter.

    Skips guardians disabled in the roster. ``works_from`` is the hand-out day of new letters and of
    those that are not valid yet.
    """
    guardians = _lock_guardians([guardian.pk for guardian in guardians])
    letters = InvitationLetter.objects.open().filter(guardian__in=guardians)
    known = {letter.guardian_id: letter for letter in letters}
    change_hand_out_day(known.values(), works_from)
    without = [guardian for guardian in guardians if guardian.pk not in known]
    written = write_letters(without, by=by, works_from=works_from, school_class=school_class)
    known |= {letter.guardian_id: letter for letter, _ in written}
    return [(guardian, known[guardian.pk]) for guardian in guardians]


def _lock_guardians(ids):
    """The guardians in the order of ``ids`` (that of the sheets), locked in primary key order.

    Without those whom the roster has disabled or no longer names.
    """
    wanted = list(dict.fromkeys(ids))
    let_in = Guardian.objects.filter(pk__in=wanted, is_enabled=True, left_at=None)
    locked = let_in.order_by("pk").select_for_update().in_bulk()
    return [locked[pk] for pk in wanted if pk in locked]


@opens_municipality()
def find_letter(code):
    """The usable InvitationLetter of a typed code. Raises CannotAccept, always with the same
    message.
    """
    digests = blind_indexes(CODE_LABEL, codes.normalise_typed_code(code))
    found = InvitationLetter.objects.usable().filter(code_digest__in=digests).first()
    if found is None or (found.guardian_id and _is_kept_out_from_all(found.guardian_id)):
        raise CannotAccept(NOT_USABLE)
    return found


def _is_kept_out_from_all(guardian_id):
    """Whether the guardian is kept out from every child the roster names them with."""
    guardianships = Guardianship.objects.named().filter(guardian=guardian_id)
    standings = {guardianship.standing for guardianship in guardianships}
    return standings == {GuardianStanding.KEPT_OUT}


def children_of_letter(invitation):
    """The students a letter leads to; never one its guardian is kept out from."""
    if invitation.student_id is not None:
        return [invitation.student]
    links = Guardianship.objects.current().filter(guardian=invitation.guardian)
    return [link.student for link in links.select_related("student__school")]


@transaction.atomic
def accept_guardian_letter(
    code, user, *, tells_others=False, has_secret=False, safe_contact="", staff_on_device=()
):
    """Register this account with a guardian's own letter; the GuardianRegistration to be confirmed.

    Until then the account is linked to no child. Returns None where it already is this guardian,
    and the existing registration where it already waits as this guardian. Raises CannotAccept for
    staff, students, an unusable letter, and a guardian as whom somebody else waits.
    """
    found = find_letter(code)
    if found.guardian_id is None:
        raise CannotAccept(NOT_USABLE)  # child letters: services.newcomers
    guardian = Guardian.objects.select_for_update(no_key=True).get(pk=found.guardian_id)
    letter = InvitationLetter.objects.select_for_update().get(pk=found.pk)
    if letter.used_at is not None or letter.revoked_at is not None:
        raise CannotAccept(NOT_USABLE)
    User.objects.select_for_update().get(pk=user.pk)
    if user.is_staff or hasattr(user, "student"):
        raise CannotAccept(_("職員や生徒のアカウントは、保護者のアカウントにできません。"))
    privacy = {
        "tells_others": tells_others, "has_secret": has_secret, "safe_contact": safe_contact,
        "staff_on_device": staff_on_device,
    }  # fmt: skip
    registration = _register(guardian, user, letter, privacy)
    letter.used_at = clock.now()
    letter.save(update_fields=["used_at"])
    _record(Action.INVITATION_USED, letter, user)
    return registration


def _register(guardian, user, letter, privacy):
    if not guardian.is_enabled or guardian.left_at is not None:
        raise CannotAccept(NOT_USABLE)  # disabled in the roster meanwhile
    if guardian.user_id not in (None, user.pk):
        raise CannotAccept(NOT_USABLE)  # somebody else already is this guardian
    others = Guardianship.objects.current().filter(guardian=guardian)
    if others.filter(student__in=students_kept_from(user)).exists():
        # the letter is another guardian's, of a child kept from this account
        raise CannotAccept(NOT_USABLE)
    named = Guardianship.objects.named().filter(guardian=guardian).values_list("student", flat=True)
    known = TypedPerson(mail=user.email, phone=privacy["safe_contact"])
    if kept_out_people.is_refused(named, known):
        raise CannotAccept(NOT_USABLE)
    if _is_kept_from_a_child_of(guardian, user):
        # the letter's guardian is kept out from a child of this account
        raise CannotAccept(NOT_USABLE)
    if guardian.user_id == user.pk:
        return None
    if waiting := GuardianRegistration.objects.waiting().filter(guardian=guardian).first():
        if waiting.user_id != user.pk:
            raise CannotAccept(WAITS_ALREADY)
        return waiting
    registration = registrations.create_registration(guardian, user, letter, **privacy)
    safe_contacts.mail_leads(registration)
    return registration


def has_registered(code: str, user: User) -> bool:
    """Whether this account has registered with this letter already: a repeated request."""
    digests = blind_indexes(CODE_LABEL, codes.normalise_typed_code(code))
    registered = GuardianRegistration.objects.filter(
        user=user.pk, invitation__code_digest__in=digests
    )
    return bool(code) and registered.exists()


def _is_kept_from_a_child_of(guardian, user):
    """Whether the letter's guardian is kept out from a child that the account may see."""
    kept_out = Guardianship.objects.kept_out().filter(guardian=guardian).values("student")
    visible = Guardianship.objects.current().filter(guardian__user=user.pk)
    return visible.filter(student__in=kept_out).exists()


def _record(action, letter, by):
    children = children_of_letter(letter)
    role = acting_role(by, children)
    for student in children:
        record_about(letter, action, actor=by, role=role, subject_id=student.pk)
