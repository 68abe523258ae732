"""Opens a protective case, writes in it, closes it. Its readers are named one by one.

Everything in it is sealed under a key of its own ("protection"), which needs no consent.
"""

from collections.abc import Iterable
from typing import Any
from uuid import UUID

from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.utils.translation import gettext as _

from apps.audit.models import Action, Audience
from apps.audit.services.audit_events import record_about
from apps.cases.models import (
    ProtectiveCase,
    ProtectiveNote,
    ProtectiveNoteKind,
    ProtectiveReader,
    ProtectiveTopic,
    ReaderState,
)
from apps.cases.services.protective_steps import CannotProtect, ProtectiveMore, more_of
from apps.core import clock
from apps.core.text import is_blank
from apps.helpline.models import HelpReader, HelpRequest, ReaderBasis
from apps.people.models import Role, StaffPost, Student, User
from apps.people.permission_tables import CARING_ROLES
from apps.people.permissions import may, role_of
from apps.people.services.named_staff import accounts_meant
from apps.people.services.outside_readers import cities_read_by
from apps.people.services.person_accounts import (
    accounts_of_person,
    children_of_person,
    count_persons,
    is_same_person,
    posts_of_person,
)
from apps.vault.data_keys import DataKey
from apps.vault.services.keys import key_for_writing, make_key_without_store

PURPOSE, VERB = "protection", "cases.decide"
WORDS_LIMIT = 2000
READING_ROLES = {*CARING_ROLES, Role.CITY, Role.FAMILY_CENTRE}


def may_open_for(user: User, student: Student, request: HelpRequest | None = None) -> bool:
    """Whether this person may open a protective case of this student.

    Who works with the student, and who reads a request of the student on the city's route.
    """
    if student.pk in children_of_person(user):
        return False
    if may(user, VERB, student):
        return True
    return (
        request is not None
        and request.student_id == student.pk
        and student.municipality_id in cities_read_by(user)
        and HelpRequest.objects.visible_to(user).filter(pk=request.pk).exists()
    )


def people_for(student: Student, user: User) -> list[StaffPost]:
    """The posts of those who may be named as readers, one a person: here, and of the city."""
    posts = StaffPost.objects.current().filter(
        municipality=student.municipality_id, role__in=READING_ROLES, user__is_active=True
    )
    found: dict[int, StaffPost] = {}
    for post in posts.select_related("user", "school").order_by("school", "role", "name", "pk"):
        is_near = post.school_id in (None, student.school_id) or post.role != Role.HOMEROOM
        if is_near and not _is_excluded(post, user, student):
            found.setdefault(post.user_id, post)
    return list(found.values())


@transaction.atomic
def open_protective_case(
    student: Student, *, actor: User, topic: str, readers: Iterable[StaffPost], words: str,
    form_key: UUID, named: str = "", request: HelpRequest | None = None,
) -> ProtectiveCase:  # fmt: skip
    """Open a protective case and return it; the same form twice is one.

    Who opens it reads it at once; the other readers once somebody of the city's route confirms
    them. ``named`` is the adult it is about, in words: whoever they may mean never becomes a reader,
    nor whom the student kept out from a request to talk that the actor reads.
    Raises PermissionDenied, CannotProtect.
    """
    topic, readers = ProtectiveTopic(topic), list(readers)
    if not may_open_for(actor, student, request):
        raise PermissionDenied(_("この生徒を守るためのケースを開く立場ではありません。"))
    words = checked_words(words)
    Student.objects.select_for_update(no_key=True).get(pk=student.pk)
    earlier = ProtectiveCase.objects.filter(student=student, form_key=form_key).first()
    if earlier is not None:
        return earlier
    meant = accounts_meant(student, named) | _kept_from_requests(student, actor)
    if why := why_not_these(actor, readers, meant, topic):
        raise CannotProtect(why)
    case = ProtectiveCase.objects.create(
        municipality_id=student.municipality_id, school_id=student.school_id, student=student,
        topic=topic, form_key=form_key, opened_by=actor,
    )  # fmt: skip
    rows = [_reader(case, actor, _role(actor, student), ReaderState.READING, actor)]
    rows += [
        _reader(case, post.user, str(Role(post.role).label), ReaderState.WAITING, actor)
        for post in readers
    ]
    kept = meant - {row.person_id for row in rows}
    rows += [
        _reader(case, user, "", ReaderState.KEPT_FROM, actor)
        for user in User.objects.filter(pk__in=kept)
    ]
    ProtectiveReader.objects.bulk_create(rows)
    record_protective(Action.PROTECTION_BEGUN, case, actor)
    add_protective_note(
        case, actor=actor, kind=ProtectiveNoteKind.NOTE, words=words, form_key=form_key
    )
    return case


def _kept_from_requests(student: Student, actor: User) -> set[UUID]:
    """Whom the student kept out from the requests to talk that this person reads."""
    requests = HelpRequest.objects.visible_to(actor).filter(student=student)
    kept = HelpReader.objects.filter(request__in=requests.values("pk"))
    return set(kept.filter(basis=ReaderBasis.KEPT_FROM).values_list("person", flat=True))


def why_not_these(actor: User, readers: list[StaffPost], meant: set, topic: str) -> str:
    """Why these people cannot be its readers; "" where they can."""
    users = [actor, *(post.user for post in readers if post.user is not None)]
    people = {user.pk for user in users}
    if any(accounts_of_person(user) & meant for user in users):
        return _("選んだ人の中に、書かれた人かもしれない人がいます。ほかの人を選んでください。")
    if count_persons(people) < 2:
        return _("読む人を、あなたのほかに1人以上選んでください。")
    bodies = {post.school_id or post.role for post in readers}
    bodies |= {post.school_id or post.role for post in posts_of_person(actor)}
    if topic == ProtectiveTopic.ADULT and len(bodies) < 2:
        return _("学校の大人のことは、学校の外の人も1人以上選んでください。")
    return ""


@transaction.atomic
def add_protective_note(
    case: ProtectiveCase, *, actor: User, kind: str, words: str, form_key: UUID,
    more: ProtectiveMore | None = None,
) -> ProtectiveNote:  # fmt: skip
    """Append a note as a reader and return it; the same form twice is one.

    ``more`` is what a step, its result and a referral need. Raises CannotProtect.
    """
    case = locked_protective(case, actor)
    earlier = case.notes.filter(form_key=form_key).first()
    if earlier is not None:
        return earlier
    words = checked_words(words)
    if case.closed_at is not None:
        raise CannotProtect(_("このケースは終わっています。"))
    row = ProtectiveNote(
        municipality_id=case.municipality_id, case=case, kind=ProtectiveNoteKind(kind),
        written_by=actor, written_role=_role(actor, case.student), form_key=form_key,
        written_at=clock.now(),
    )  # fmt: skip
    content = {"words": words, **more_of(case, ProtectiveNoteKind(kind), more)}
    protection_key(case).seal(row, content).save(force_insert=True)
    if kind == ProtectiveNoteKind.ENDED:
        ProtectiveCase.objects.filter(pk=case.pk).update(closed_at=clock.now())
    record_protective(Action.PROTECTION_NOTED, case, actor, detail=str(kind))
    return row


def locked_protective(case: ProtectiveCase, actor: User) -> ProtectiveCase:
    """The case, locked, if this person reads it. Raises PermissionDenied."""
    rows = ProtectiveCase.objects.visible_to(actor).filter(pk=case.pk).select_related("student")
    found = rows.select_for_update(of=["self"], no_key=True).first()
    if found is None:
        raise PermissionDenied(_("このケースを読む人ではありません。"))
    return found


def protection_key(case: ProtectiveCase) -> DataKey:
    """The data key of protective cases of this student, locked until the transaction ends."""
    make_key_without_store(case.student, PURPOSE)
    return key_for_writing(case.student_id, PURPOSE)


def record_protective(
    action: Action, case: ProtectiveCase, actor: User, reason_code: str = "", detail: str = ""
) -> None:
    """Append the audit event of an act; no family sees it."""
    record_about(
        case, action, actor=actor, role=role_of(actor, case.student), purpose=PURPOSE,
        reason_code=reason_code, detail=detail, audience=Audience.PROTECTIVE,
    )  # fmt: skip


def checked_words(words: str | None) -> str:
    """The words without what a browser adds. Raises CannotProtect for none, or too many."""
    words = (words or "").replace("\r\n", "\n").strip()
    if is_blank(words):
        raise CannotProtect(_("言葉を書いてください。"))
    if len(words) > WORDS_LIMIT:
        raise CannotProtect(_("%(limit)s字までで書いてください。") % {"limit": WORDS_LIMIT})
    return words


def _is_excluded(post: StaffPost, user: User, student: Student) -> bool:
    """Whether this is the person who asks, or a parent of the student."""
    if post.user is None or is_same_person(user, post.user_id):
        return True
    return student.pk in children_of_person(post.user)


def _reader(
    case: ProtectiveCase, user: Any, role: str, state: ReaderState, by: User
) -> ProtectiveReader:
    return ProtectiveReader(
        municipality_id=case.municipality_id, case=case, person=user, role=role, state=state,
        asked_by=by,
    )  # fmt: skip


def _role(user: User, student: Student) -> str:
    role = role_of(user, student)
    return str(Role(role).label) if role in Role.values else str(role)
