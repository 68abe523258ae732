"""Keeps free text apart from its check-in, where the student keeps somebody of the staff out."""

import json
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

from django.db import transaction
from django.urls import reverse
from django.utils.translation import gettext as _
from uuid_utils.compat import uuid7

from apps.checkins.models import CheckIn
from apps.checkins.services.storage import CannotSubmitCheckIn, CheckedSubmission
from apps.checkins.staff_words import KEPT_FROM_SOMEBODY
from apps.checkins.withheld_models import WithheldWords, WordsExclusion, WordsReaders
from apps.core import clock
from apps.people.models import Role, Student, User
from apps.people.permissions import role_of
from apps.people.services.named_staff import accounts_meant
from apps.people.services.outside_readers import (
    accounts_beyond,
    accounts_outside,
    last_accounts,
    rises_at,
)
from apps.push.services.broadcasts import send_to_users
from apps.vault.damage import is_unreadable
from apps.vault.services.sealed_content import open_own, open_sealed

KEPT_WORDS_LIMIT = 60
KEEPS_OUT_FIELD, KEPT_WORDS_FIELD = "keeps_out", "kept_words"
RAISED_AT_ONCE = 200  # texts looked at in one run
PUSH_VALID_FOR = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class KeepsOut:
    """Whether the student keeps somebody of the staff out, and the words that name them."""

    is_asked: bool = False
    words: str = ""


NOBODY = KeepsOut()


def take_keeps_out(data: dict) -> KeepsOut:
    """Take the two fields of 見せたくない先生 out of what a form sent. Raises CannotSubmitCheckIn."""
    words = str(data.pop(KEPT_WORDS_FIELD, "") or "").strip()
    is_asked = bool(data.pop(KEEPS_OUT_FIELD, "")) or bool(words)
    if len(words) > KEPT_WORDS_LIMIT:
        raise CannotSubmitCheckIn(
            _("%(limit)s字までで書いてください。") % {"limit": KEPT_WORDS_LIMIT}
        )
    return KeepsOut(is_asked, words)


# -- writing --------------------------------------------------------------------------------------


def set_apart(
    sent: Sequence[tuple[CheckedSubmission, KeepsOut]],
) -> list[CheckedSubmission]:
    """The submissions, in order; the free text of some is set apart, to be stored by ``store``.

    It is where the student keeps somebody out, now or since an earlier check-in. A form that was
    stored with its text before stays as it is: it is the same form once more.
    """
    writers = {answer.key.student_id for answer, _keeps in sent if texts_of(answer.clean)}
    excluding = {answer.key.student_id for answer, keeps in sent if keeps.is_asked}
    if writers:
        running = WordsExclusion.objects.filter(student__in=writers, ended_at=None)
        excluding |= set(running.values_list("student_id", flat=True))
    return [
        _set_apart(answer, keeps)
        if keeps.is_asked or (answer.key.student_id in excluding and not _is_stored(answer))
        else answer
        for answer, keeps in sent
    ]


def texts_of(clean: dict) -> dict[str, str]:
    """The free text among the answers to store."""
    return {code: value for code, value in clean.items() if isinstance(value, str)}


def _is_stored(answer: CheckedSubmission) -> bool:
    same = {"client_key": answer.client_key, "body_digest": answer.digest}
    return CheckIn.objects.filter(student=answer.key.student_id, **same).exists()


def _set_apart(answer: CheckedSubmission, keeps: KeepsOut) -> CheckedSubmission:
    texts = texts_of(answer.clean)
    if not texts and not keeps.words:
        return answer
    rest = {code: value for code, value in answer.clean.items() if code not in texts}
    return replace(answer, clean=rest, apart={"answers": texts, "kept_words": keeps.words},
                   keeps_out=keeps.is_asked)  # fmt: skip


@transaction.atomic
def store(answer: CheckedSubmission, check_in_id: UUID, received_at: datetime) -> None:
    """Store the text that was set apart from a stored check-in, once, and whom it is kept from.

    The caller's transaction wrote the check-in, and holds its key.
    """
    apart = answer.apart or {}
    digest = answer.key.digest(json.dumps(apart, sort_keys=True))[:8]
    if WithheldWords.objects.filter(check_in_id=check_in_id, body_digest=digest).exists():
        return
    student = Student.objects.get(pk=answer.key.student_id)
    named = accounts_meant(student, apart["kept_words"]) if answer.keeps_out else set()
    named = _leaving_somebody(student, named)
    row = WithheldWords(
        id=uuid7(), municipality_id=student.municipality_id, check_in_id=check_in_id,
        body_digest=digest, answered_on=answer.answered_on, received_at=received_at,
        readers=_readers(answer, named),
    )  # fmt: skip
    answer.key.seal(row, apart)
    WithheldWords.objects.bulk_create([row], ignore_conflicts=True)
    _exclude(student, named, received_at)
    if row.readers != WordsReaders.SCHOOL:
        _tell_route(row)


def _readers(answer: CheckedSubmission, named: set[UUID]) -> WordsReaders:
    if not answer.keeps_out:
        return WordsReaders.SCHOOL
    return WordsReaders.SCHOOL_AND_ROUTE if named else WordsReaders.ROUTE


def _everybody_outside(municipality_id: UUID) -> set[UUID]:
    """Whoever may come to read past the schools: the route, then the officers, then the centre."""
    city = municipality_id
    return accounts_outside(city) | last_accounts(city) | accounts_beyond(city)


def _leaving_somebody(student: Student, named: set[UUID]) -> set[UUID]:
    """Those named, without the last ones who could read it: words that mean everybody name nobody."""
    outside = _everybody_outside(student.municipality_id)
    running = WordsExclusion.objects.filter(student=student, ended_at=None)
    kept = set(running.values_list("person_id", flat=True)) - named
    return named if outside - kept - named else named - outside


def _exclude(student: Student, user_ids: set[UUID], since: datetime) -> None:
    WordsExclusion.objects.bulk_create(
        (
            WordsExclusion(
                municipality_id=student.municipality_id, student=student, person_id=pk, since=since
            )
            for pk in user_ids
        ),
        ignore_conflicts=True,
    )  # fmt: skip


def _tell_route(row: WithheldWords) -> None:
    """Send the readers outside the school a push message without content.

    Where none of the route's people is left, or once it has risen, these are the city's officers.
    """
    city = row.municipality_id
    people = User.objects.filter(pk__in=_everybody_outside(city))
    stored = WithheldWords.objects.filter(pk=row.pk)
    readers = [user.pk for user in people if stored.on_route(user).exists()]
    if readers:
        send_to_users(
            readers, topic=row.pk.hex, path=reverse("admin:checkins_words", args=[row.pk]),
            expires_at=clock.now() + PUSH_VALID_FOR, municipality_id=row.municipality_id,
        )  # fmt: skip


def raise_unopened() -> int:
    """Call the last readers about texts that nobody outside has opened in time; how many texts."""
    now, n_raised = clock.now(), 0
    ids = WithheldWords.objects.unopened().order_by("received_at").values_list("pk", flat=True)
    for pk in list(ids[:RAISED_AT_ONCE]):
        with transaction.atomic():
            found = WithheldWords.objects.unopened().select_for_update(
                of=("self",), skip_locked=True
            )
            row = found.filter(pk=pk).first()
            due = row and rises_at(row.municipality_id, row.received_at)
            if row is None or due is None or due > now:
                continue
            row.risen_at = now
            row.save(update_fields=["risen_at"])
            _tell_route(row)
            n_raised += 1
    return n_raised


@transaction.atomic
def show_words_again(student: Student) -> None:
    """From now on the student's words are kept from nobody; earlier ones stay kept."""
    running = WordsExclusion.objects.filter(student=student, ended_at=None)
    running.update(ended_at=clock.now())


def keeps_words_from_somebody(student: Student) -> bool:
    """Whether this student keeps words from somebody now."""
    return WordsExclusion.objects.filter(student=student, ended_at=None).exists()


# -- reading --------------------------------------------------------------------------------------


def with_words(
    rows: Sequence[CheckIn], contents: Sequence[Any], *, actor: User, reason: str
) -> list[Any]:
    """The contents of check-ins that were opened for staff, with the text this person may read.

    For whoever is kept out it asks the database no more and no less than where nothing was written.
    """
    ids = [row.pk for row in rows]
    found = WithheldWords.objects.at_school(actor).filter(check_in_id__in=ids)
    texts = list(found.readable().select_related("student"))
    opened = open_sealed(texts, actor=actor, reason=reason) if texts else []
    _note_roles(texts, actor)
    return _added(rows, contents, texts, opened, note=str(KEPT_FROM_SOMEBODY))


def _note_roles(texts: Sequence[WithheldWords], actor: User) -> None:
    """Keep in which role somebody of the school opened the texts, for the student."""
    for text in texts:
        role = role_of(actor, text.student)
        if role in Role.values and role not in text.seen_roles:
            WithheldWords.objects.filter(pk=text.pk).update(seen_roles=[*text.seen_roles, role])


def words_seen_of(student: Student, days: int) -> list[tuple[date, bool, list[str]]]:
    """[(day, whether somebody outside the school opened it, roles at the school)], newest first.

    Of the texts that were kept apart: for the student alone, after the PIN.
    """
    rows = WithheldWords.objects.filter(
        student=student, answered_on__gt=clock.today() - timedelta(days)
    ).readable()
    found: dict[date, tuple[bool, list[str]]] = {}
    for row in rows.order_by("-answered_on"):
        is_outside, roles = found.get(row.answered_on, (False, []))
        merged = list(dict.fromkeys([*roles, *row.seen_roles]))
        found[row.answered_on] = (is_outside or row.opened_at is not None, merged)
    return [
        (on, is_outside, roles) for on, (is_outside, roles) in found.items() if is_outside or roles
    ]


def with_own_words(rows: Sequence[CheckIn], contents: Sequence[Any], *, student: Student) -> list:
    """The contents of a student's own check-ins, with the text that was set apart."""
    ids = [row.pk for row in rows]
    texts = list(WithheldWords.objects.filter(student=student, check_in_id__in=ids).readable())
    return _added(rows, contents, texts, open_own(texts, student=student))


def _added(
    rows: Sequence[CheckIn], contents: Sequence[Any], texts: Sequence[WithheldWords],
    opened: Sequence[Any], note: str = "",
) -> list[Any]:  # fmt: skip
    written: dict[UUID, list[dict]] = {}
    for text, content in zip(texts, opened, strict=True):
        if content is not None and not is_unreadable(content):
            written.setdefault(text.check_in_id, []).append(content["answers"])
    return [
        content
        if content is None or is_unreadable(content)
        else {**content, **_joined(written.get(row.pk, []), note)}
        for row, content in zip(rows, contents, strict=True)
    ]


def _joined(texts: list[dict], note: str) -> dict[str, str]:
    """Several texts of one check-in, one below the other, then the note."""
    codes = dict.fromkeys(code for text in texts for code in text)
    said = {code: [text[code] for text in texts if code in text] for code in codes}
    return {code: "\n".join([*lines, note] if note else lines) for code, lines in said.items()}


# -- the readers outside the school -----------------------------------------------------------------


def unopened_for(user: User) -> int:
    """How many texts wait for this reader outside the school."""
    waiting = WithheldWords.objects.on_route(user).filter(opened_at=None)
    return waiting.readable_one_by_one().count()


@transaction.atomic
def open_words(row: WithheldWords, *, actor: User, reason: str) -> Any:
    """{answers, kept_words} of one text for a reader; leaves the audit row.

    Raises PermissionDenied, ValueError without a reason.
    """
    (content,) = open_sealed([row], actor=actor, reason=reason)
    WithheldWords.objects.filter(pk=row.pk, opened_at=None).update(opened_at=clock.now())
    return content
