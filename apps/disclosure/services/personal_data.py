"""What is stored about a student, for those who may read it: one list for page and file.

The student reads what is about them or by them. A guardian reads what ``guardian_list`` lists, and
nothing else. Nobody reads here what staff think about support.
"""

from dataclasses import replace
from typing import Any

from django.db.models import Q

from apps.checkins.models import CheckIn
from apps.checkins.services import staff_words
from apps.checkins.services.withheld_words import with_own_words
from apps.consent import pages, words
from apps.consent.models import DocumentDisplay, Party
from apps.consent.services import certificates, purpose_status
from apps.core.languages import join_sentences
from apps.disclosure import guardian_list
from apps.disclosure.pages import access_lines
from apps.disclosure.services import access_days, corrections, linked_parts
from apps.disclosure.services.data_parts import (
    DataPart,
    batches_of,
    content_or_damage,
    damage_note,
    iso_time,
    part_name,
    row_count,
    why_closed,
)
from apps.disclosure.words import paused_note
from apps.helpline.models import HelpMessage, HelpReply
from apps.helpline.services import family_requests, help_requests
from apps.linkage.services import data_sources
from apps.notices.models import NoticeReceipt
from apps.people.models import GuardianOrigin, Student, User
from apps.push.services.subscriptions import known_devices_of
from apps.vault.card_purposes import CARD_PURPOSES
from apps.vault.damage import is_unreadable
from apps.vault.services.sealed_content import open_own

ALWAYS_SHOWN = {"roster", "linked", "looks"}  # also without a row


def data_parts(
    student: Student, user: User, party: str, *, limit: int | None = None
) -> list[DataPart]:
    """The DataParts, in the order of the page. Opening sealed rows for a guardian is audited.

    With ``limit`` only so many rows of each part are read and opened, the newest; the counts are
    those of all rows.
    """
    if party == Party.GUARDIAN:
        found = _guardian_parts(student, user, limit)
    else:
        found = _student_parts(student, user, limit)
    return [part for part in found if part.count or part.code in ALWAYS_SHOWN]


def _student_parts(student, user, limit):
    return [
        _roster(student, student.guardianships.named()),
        _answers(student, user, limit),
        linked_parts.records_of_student(student, user, limit),
        _checkins(student, limit),
        _staff_words(student, limit),
        _help_requests(student, limit),
        _accesses(student, user, Party.STUDENT, limit),
        _certificates(student, user, limit),
        _corrections(student, user, limit),
        _read_documents(student, user, limit),
        _devices(user),
    ]


def _guardian_parts(student, user, limit):
    """The listed parts of the list, each row with its listed fields alone."""
    named = student.guardianships.named().filter(  # who came by a letter is not counted here
        Q(origin=GuardianOrigin.ROSTER) | Q(guardian__user=user.pk)
    )
    parts = [
        _roster(student, named),
        _answers(student, user, limit),
        linked_parts.records_for_guardian(student, user, limit),
        _accesses(student, user, Party.GUARDIAN, limit),
        _corrections(student, user, limit),
        _family_requests(student, user, limit),
        _read_documents(student, user, limit),
        _devices(user),
    ]
    return [_listed(part) for part in parts if part.code in guardian_list.ROW_FIELDS]


def _roster(student, guardianships):
    row = {
        "name": student.full_name,
        "kana": f"{student.family_kana} {student.given_kana}",
        "school": student.school.name,
        "class": student.home_class.title if student.home_class else "",
        "grade": student.grade,
        "number": student.attendance_number,
        "birth_month": f"{student.birth_month:%Y-%m}" if student.birth_month else None,
        "guardians": guardianships.filter(is_unconfirmed=False).count(),
    }
    return DataPart("roster", part_name("roster"), [row], 1)


def _answers(student, user, limit):
    receipts = purpose_status.receipts_readable_by(user).filter(student=student)
    rows = [
        {
            "at": iso_time(receipt.decided_at),
            "receipt": str(receipt.pk),
            "by": receipt.party,
            "channel": receipt.channel,
            "answers": {d.purpose: d.response for d in receipt.decisions.all()},
        }
        for receipt in receipts.prefetch_related("decisions").order_by("-decided_at", "-pk")[:limit]
    ]
    return DataPart("answers", part_name("answers"), rows, row_count(receipts, len(rows), limit))


def _checkins(student, limit):
    of_student = CheckIn.objects.filter(student=student)
    n_paused = of_student.waiting().count()
    rows = of_student.readable().open_to_student(student).select_related("question_set")
    data, unread = [], []
    for batch in batches_of(rows.order_by("-answered_on", "-received_at"), limit):
        contents = with_own_words(batch, open_own(batch, student=student), student=student)
        data += [
            {"on": str(row.answered_on), "set": row.question_set.code, "version": row.question_set.version,
             **(why_closed(answers) or {"answers": answers})}
            for row, answers in zip(batch, contents, strict=True)
            if answers is not None
        ]  # fmt: skip
        unread += filter(is_unreadable, contents)
    note = join_sentences(damage_note(unread, Party.STUDENT), paused_note(n_paused))
    n_rows = row_count(rows, len(data), limit) + n_paused
    return DataPart("checkins", part_name("checkins"), data, n_rows, note)


def _staff_words(student, limit):
    """What staff wrote to the student about check-ins."""
    found, n_rows = staff_words.words_of(student, limit)
    data = [
        {"at": iso_time(row.written_at), "by": row.written_role, **content_or_damage(content)}
        for row, content in found
    ]
    return DataPart("staff_words", part_name("staff_words"), data, n_rows)


def _help_requests(student, limit):
    of_student = help_requests.requests_of(student)
    requests = list(of_student[:limit])
    replies = HelpReply.objects.filter(request__in=requests, student=student)
    messages = HelpMessage.objects.filter(request__in=requests, student=student)
    talk = [*replies.order_by("replied_at"), *messages.order_by("sent_at")]
    contents = open_own([*requests, *talk], student=student)
    lines_by_request = {}
    for row, content in zip(talk, contents[len(requests) :], strict=True):
        at, by = (
            (row.replied_at, row.replied_role)
            if isinstance(row, HelpReply)
            else (row.sent_at, "student")
        )
        line = {"at": iso_time(at), "by": by, **content_or_damage(content)}
        lines_by_request.setdefault(row.request_id, []).append(line)
    for lines in lines_by_request.values():
        lines.sort(key=lambda line: line["at"])
    data = [
        {"at": iso_time(request.sent_at), "state": request.state, "seen_at": iso_time(request.seen_at),
         "said": content_or_damage(content) if content is not None else None,
         "replies": lines_by_request.get(request.pk, [])}
        for request, content in zip(requests, contents, strict=False)
    ]  # fmt: skip
    note = damage_note(contents, Party.STUDENT)
    return DataPart(
        "helps", part_name("helps"), data, row_count(of_student, len(data), limit), note
    )


def _accesses(student, user, party, limit):
    """Who looked; the page has the newest month's lines, the file all."""
    month = access_days.access_month(student, user) if limit else None
    days = month.days if month else access_days.all_access_days(student, user)
    data = [
        {"on": str(day.on), "what": pages.plain(line.sentence)}
        for day, line in zip(days, access_lines(days, party), strict=True)
    ]
    is_more = month is not None and month.older is not None
    return DataPart("looks", part_name("looks"), data, len(data), is_more=is_more)


def _certificates(student, user, limit):
    rows = certificates.certificates_readable_by(user).filter(student=student)
    data = [
        {"purpose": row.purpose, "ended_at": iso_time(row.ended_at), "why": row.ended_by,
         "deleted": _n_deleted(row), "certificate": str(row.pk)}
        for row in rows.prefetch_related("counts")[:limit]
    ]  # fmt: skip
    n_rows = row_count(rows, len(data), limit)
    return DataPart("certificates", part_name("certificates"), data, n_rows)


def _n_deleted(certificate):
    """How many rows were deleted with a key; None where that would reveal a guardian's card data."""
    if certificate.purpose in CARD_PURPOSES:
        return None
    return sum(count.n_rows for count in certificates.counts_visible_to_student(certificate))


def _corrections(student, user, limit):
    requests = corrections.correction_requests_by(user, student)
    data = [
        {"at": iso_time(row.asked_at), "about": row.about, "words": text, "state": row.state,
         "answer": answer}
        for row, text, answer in corrections.corrections_by(user, student, limit)
    ]  # fmt: skip
    return DataPart(
        "corrections", part_name("corrections"), data, row_count(requests, len(data), limit)
    )


def _family_requests(student, user, limit):
    """What this guardian asked the school or the city: nobody else's."""
    own = family_requests.own_family_requests(user, student)
    data = [
        {"at": iso_time(row.sent_at), "to": row.recipient, "state": row.state,
         **content_or_damage(content)}
        for row, content in family_requests.open_own_family_requests(user, student, limit)
    ]  # fmt: skip
    return DataPart("family", part_name("family"), data, row_count(own, len(data), limit))


def _read_documents(student, user, limit):
    """Which documents and notices were on this person's screen."""
    shown = DocumentDisplay.objects.filter(student=student, user=user)
    shown = shown.order_by("-shown_at", "document_id")
    notices = NoticeReceipt.objects.filter(user=user).order_by("-shown_at", "notice_id")
    data = [
        {
            "at": iso_time(row.shown_at),
            "words": row.document.purpose,
            "version": row.document.version,
        }
        for row in shown.select_related("document")[:limit]
    ]
    data += [
        {"at": iso_time(row.shown_at), "notice": pages.plain(row.notice.title), "opened_at": iso_time(row.opened_at)}
        for row in notices.select_related("notice")[:limit]
    ]  # fmt: skip
    n_rows = len(data) if limit is None else shown.count() + notices.count()
    return DataPart("read", part_name("read"), data, n_rows)


def _devices(user):
    rows = reversed(known_devices_of(user))
    data = [{"device": row.device, "since": iso_time(row.created_at)} for row in rows]
    return DataPart("devices", part_name("devices"), data, len(data))


def last_links(student: Student, user: User) -> list[tuple[str, Any]]:
    """[(purpose in words, when something was last linked under it)], the newest first.

    To the student alone: it tells what is in use.
    """
    if student.user_id != user.pk:
        return []
    found = data_sources.last_linked_at(student, user)
    named = [(words.purpose_name(purpose), at) for purpose, at in found.items()]
    return sorted(named, key=lambda pair: pair[1], reverse=True)


def _listed(part):
    if part.code == "linked":  # their fields are listed by kind
        return part
    return replace(part, rows=[guardian_list.listed_row(part.code, row) for row in part.rows])
