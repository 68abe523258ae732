"""What is stored about a student, for those who may read it: one list for page and file.

The student reads what is about them or by them. A guardian reads what schools and offices store;
what was read with a guardian's My Number card, that guardian alone. What a student wrote for the
school alone, a guardian sees as a count, and that a student asked for help, not at all. Nobody
reads here what staff think about support.
"""

from dataclasses import dataclass, field

from django.db.models import Q

from apps.checkins.models import CheckIn
from apps.consent import pages, words
from apps.consent.models import DocumentDisplay, Party
from apps.consent.services import certificates, purpose_status
from apps.core.batches import in_batches
from apps.core.clock import JST
from apps.core.languages import join_sentences
from apps.disclosure.pages import access_lines
from apps.disclosure.services import access_log, corrections
from apps.disclosure.words import PART_NAMES, paused_note, students_own_note
from apps.helpline.models import HelpReply
from apps.helpline.services import help_requests
from apps.linkage.models import LinkedRecord
from apps.linkage.services import data_sources
from apps.linkage.words import fact_sort_key
from apps.notices.models import NoticeReceipt
from apps.people.models import GuardianOrigin
from apps.push.models import PushSubscription
from apps.vault.card_purposes import CARD_PURPOSES
from apps.vault.damage import DAMAGED, UNAVAILABLE, is_unreadable
from apps.vault.services.sealed_content import NEVER_TO_GUARDIAN, open_for_guardian, open_own
from apps.vault.words import UNAVAILABLE_NOW, UNREADABLE_COUNT

ROWS_ON_PAGE = 5  # shown on the page; the file holds all
OPENED_AT_ONCE = 500
MAX_ENTRIES_COUNTED = 100  # on the page


@dataclass(frozen=True)
class DataPart:
    """One kind of stored data: its name for this party, the count, and the rows as plain data."""

    code: str
    name: str
    rows: list = field(default_factory=list)
    count: int = 0
    note: str = ""
    is_more: bool = False  # than the count says

    @property
    def latest(self):
        return self.rows[:ROWS_ON_PAGE]


def data_parts(student, user, party, *, limit=None):
    """The DataParts, in the order of the page. Opening sealed rows for a guardian is audited.

    With ``limit`` only so many rows of each part are read and opened, the newest; the counts are
    those of all rows.
    """
    is_student = party == Party.STUDENT
    found = [
        _roster(student, user, party),
        _answers(student, user, limit),
        _linked(student, user, party, limit),
        _checkins(student, party, limit),
        *([_help_requests(student, limit)] if is_student else []),
        _access_entries(student, user, party, limit),
        _certificates(student, user, limit),
        _corrections(student, user, limit),
        _read_documents(student, user, limit),
        _devices(user),
    ]
    return [part for part in found if part.count or part.code in {"roster", "linked", "looks"}]


def _in_batches(rows, limit):
    """The rows of a queryset, in lists of at most OPENED_AT_ONCE; only ``limit`` if it is set."""
    found = rows if limit is None else rows[:limit]
    return in_batches(found.iterator(chunk_size=OPENED_AT_ONCE), OPENED_AT_ONCE)


def _count(rows, n_found, limit):
    """How many rows there are, of which ``n_found`` were read."""
    return n_found if limit is None else rows.count()


def _roster(student, user, party):
    guardianships = student.guardianships.named().filter(is_unconfirmed=False)
    if party == Party.GUARDIAN:  # guardians who came by a letter are not named here
        guardianships = guardianships.filter(
            Q(origin=GuardianOrigin.ROSTER) | Q(guardian__user=user.pk)
        )
    row = {
        "name": student.full_name,
        "kana": f"{student.family_kana} {student.given_kana}",
        "school": student.school.name,
        "class": student.home_class.title if student.home_class else "",
        "grade": student.grade,
        "number": student.attendance_number,
        "birth_month": f"{student.birth_month:%Y-%m}" if student.birth_month else None,
        "guardians": guardianships.count(),
    }
    return DataPart("roster", _name("roster"), [row], 1)


def _answers(student, user, limit):
    receipts = purpose_status.receipts_readable_by(user).filter(student=student)
    rows = [
        {
            "at": _time(receipt.decided_at),
            "receipt": str(receipt.pk),
            "by": receipt.party,
            "channel": receipt.channel,
            "answers": {d.purpose: d.response for d in receipt.decisions.all()},
        }
        for receipt in receipts.prefetch_related("decisions").order_by("-decided_at")[:limit]
    ]
    return DataPart("answers", _name("answers"), rows, _count(receipts, len(rows), limit))


def _linked(student, user, party, limit):
    known = LinkedRecord.objects.filter(student=student).shown_to(user)
    rows = known.readable().order_by("-received_at", "-kept_until", "pk")
    shown, n_closed = _since_reset(rows, "received_at", student, party), 0
    if party == Party.GUARDIAN:
        shown = rows.exclude(purpose__in=NEVER_TO_GUARDIAN)
        n_closed = rows.filter(purpose__in=NEVER_TO_GUARDIAN).count()
    data, unread = [], []
    for batch in _in_batches(shown, limit):
        if party == Party.GUARDIAN:
            contents = open_for_guardian(batch, actor=user, student=student)
        else:
            contents = open_own(batch, student=student)
        data += [
            {"purpose": row.purpose, "kind": row.kind, "received_at": _time(row.received_at),
             **_content_or_damage(content)}
            for row, content in zip(batch, contents, strict=True)
            if content is not None
        ]  # fmt: skip
        unread += filter(is_unreadable, contents)
    data.sort(key=fact_sort_key, reverse=True)
    note = join_sentences(
        students_own_note(n_closed),
        _damage_note(unread, party),
        paused_note(known.waiting().count()),
    )
    return DataPart(
        "linked", _name("linked"), data, _count(shown, len(data), limit) + n_closed, note
    )


def _since_reset(rows, written_at, student, party):
    """The rows that are open to the student: after a PIN reset by staff, those since."""
    closed = student.closed_before if party == Party.STUDENT else None
    return rows if closed is None else rows.filter(**{f"{written_at}__gt": closed})


def _content_or_damage(content):
    return _why_closed(content) or content or {}


def _why_closed(content):
    """What the file says in place of content that cannot be opened; {} where it can."""
    if not is_unreadable(content):
        return {}
    return {"unreadable": "damaged" if content is DAMAGED else "later"}


def _damage_note(contents, party):
    n_damaged = sum(content is DAMAGED for content in contents)
    note = words.for_party(UNREADABLE_COUNT, party).format(n_damaged) if n_damaged else ""
    later = words.for_party(UNAVAILABLE_NOW, party) if UNAVAILABLE in contents else ""
    return join_sentences(note, later)


def _checkins(student, party, limit):
    of_student = CheckIn.objects.filter(student=student)
    n_paused = of_student.waiting().count()
    paused = paused_note(n_paused)
    if party == Party.GUARDIAN:
        n_own = of_student.readable().count()
        note = join_sentences(students_own_note(n_own), paused)
        return DataPart("checkins", _name("checkins"), [], n_own + n_paused, note)
    rows = of_student.readable().open_to_student(student).select_related("question_set")
    data, unread = [], []
    for batch in _in_batches(rows.order_by("-answered_on", "-received_at"), limit):
        contents = open_own(batch, student=student)
        data += [
            {"on": str(row.answered_on), "set": row.question_set.code, "version": row.question_set.version,
             **(_why_closed(answers) or {"answers": answers})}
            for row, answers in zip(batch, contents, strict=True)
            if answers is not None
        ]  # fmt: skip
        unread += filter(is_unreadable, contents)
    note = join_sentences(_damage_note(unread, party), paused)
    n_rows = _count(rows, len(data), limit) + n_paused
    return DataPart("checkins", _name("checkins"), data, n_rows, note)


def _help_requests(student, limit):
    of_student = help_requests.requests_of(student)
    requests = list(of_student[:limit])
    replies = HelpReply.objects.filter(request__in=requests, student=student)
    replies = list(replies.order_by("replied_at"))
    contents = open_own([*requests, *replies], student=student)
    replies_by_request = {}
    for reply, content in zip(replies, contents[len(requests) :], strict=True):
        line = {
            "at": _time(reply.replied_at),
            "by": reply.replied_role,
            **_content_or_damage(content),
        }
        replies_by_request.setdefault(reply.request_id, []).append(line)
    data = [
        {"at": _time(request.sent_at), "state": request.state, "seen_at": _time(request.seen_at),
         "said": _content_or_damage(content) if content is not None else None,
         "replies": replies_by_request.get(request.pk, [])}
        for request, content in zip(requests, contents, strict=False)
    ]  # fmt: skip
    note = _damage_note(contents, Party.STUDENT)
    return DataPart("helps", _name("helps"), data, _count(of_student, len(data), limit), note)


def _access_entries(student, user, party, limit):
    """Who looked. The page counts as far as MAX_ENTRIES_COUNTED: a year has thousands."""
    entries = access_log.access_entries(student, user)
    data = []
    for events in _in_batches(entries, limit):
        data += [
            {"at": _time(event.at), "what": pages.plain(line.sentence), "why": pages.plain(line.reason)}
            for event, line in zip(events, access_lines(events, party), strict=True)
        ]  # fmt: skip
    n_entries = _count(entries.order_by()[: MAX_ENTRIES_COUNTED + 1], len(data), limit)
    is_more = limit is not None and n_entries > MAX_ENTRIES_COUNTED
    n_entries -= is_more
    return DataPart("looks", _name("looks"), data, n_entries, is_more=is_more)


def _certificates(student, user, limit):
    rows = certificates.certificates_readable_by(user).filter(student=student)
    data = [
        {"purpose": row.purpose, "ended_at": _time(row.ended_at), "why": row.ended_by,
         "deleted": _n_deleted(row, user), "certificate": str(row.pk)}
        for row in rows.prefetch_related("counts__guardian")[:limit]
    ]  # fmt: skip
    return DataPart("certificates", _name("certificates"), data, _count(rows, len(data), limit))


def _n_deleted(certificate, user):
    """How many rows were deleted with a key; None where that would reveal another's card data."""
    counts = certificates.counts_visible_to(certificate, user)
    is_shown = counts or certificate.purpose not in CARD_PURPOSES
    return sum(count.n_rows for count in counts) if is_shown else None


def _corrections(student, user, limit):
    requests = corrections.correction_requests_by(user, student)
    data = [
        {"at": _time(row.asked_at), "about": row.about, "words": text, "state": row.state,
         "answer": answer}
        for row, text, answer in corrections.corrections_by(user, student, limit)
    ]  # fmt: skip
    return DataPart("corrections", _name("corrections"), data, _count(requests, len(data), limit))


def _read_documents(student, user, limit):
    """Which documents and notices were on this person's screen."""
    shown = DocumentDisplay.objects.filter(student=student, user=user).order_by("-shown_at")
    notices = NoticeReceipt.objects.filter(user=user).order_by("-shown_at")
    data = [
        {"at": _time(row.shown_at), "words": row.document.purpose, "version": row.document.version}
        for row in shown.select_related("document")[:limit]
    ]
    data += [
        {"at": _time(row.shown_at), "notice": pages.plain(row.notice.title), "opened_at": _time(row.opened_at)}
        for row in notices.select_related("notice")[:limit]
    ]  # fmt: skip
    n_rows = len(data) if limit is None else shown.count() + notices.count()
    return DataPart("read", _name("read"), data, n_rows)


def _devices(user):
    rows = PushSubscription.objects.filter(user=user)
    data = [{"device": row.device, "since": _time(row.created_at)} for row in rows]
    return DataPart("devices", _name("devices"), data, len(data))


def last_links(student, user):
    """[(purpose in words, when something was last linked under it)], the newest first."""
    found = data_sources.last_linked_at(student, user)
    named = [(words.purpose_name(purpose), at) for purpose, at in found.items()]
    return sorted(named, key=lambda pair: pair[1], reverse=True)


def _name(code):
    return str(PART_NAMES[code])


def _time(at):
    return at.astimezone(JST).isoformat(timespec="seconds") if at else None
