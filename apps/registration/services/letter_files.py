"""The PDF of a print run: requested, made by a worker, downloaded by the requester, deleted."""

import logging
from datetime import timedelta

from django.conf import settings
from django.db import transaction
from django.urls import reverse

from apps.audit.models import Action
from apps.audit.services.audit_events import record_about
from apps.core import clock
from apps.people.models import User
from apps.people.permissions import may, role_of
from apps.registration import letter_text
from apps.registration.letter_pdf import LetterPage, letters_pdf
from apps.registration.models import LetterFile, LetterFileState, PrintedSheet
from apps.registration.models.letter_files import FILE_LIFETIME, MAX_ATTEMPTS
from apps.registration.services.print_runs import SheetLine, lines_of_sheet
from apps.signin import codes
from apps.vault.services.ring_sealing import seal_column, unseal_column

log = logging.getLogger(__name__)
TASK, VERB = "registration.make_letter_files", "letters.print"
LEASE = timedelta(minutes=2)
PROGRESS_EVERY = 25  # pages between two progress updates


@transaction.atomic
def request_file(sheet: PrintedSheet, *, by: User) -> LetterFile:
    """Request the PDF of this print run; returns the waiting LetterFile."""
    created = LetterFile.objects.create(
        municipality_id=sheet.municipality_id, sheet=sheet, asked_by=by, asked_at=clock.now(),
        n_pages=sheet.codes.count(),
    )  # fmt: skip
    clock.wake_worker(TASK)
    return created


def pending_file_for(user: User, school) -> LetterFile | None:
    """The file this person requested at this school that is not made yet."""
    own = LetterFile.objects.filter(asked_by=user.pk, sheet__school=school)
    return own.filter(state__in=[LetterFileState.WAITING, LetterFileState.RUNNING]).first()


def make_due_files() -> int:
    """Make every file that is due, one after another; returns how many were made."""
    LetterFile.objects.out_of_attempts().update(state=LetterFileState.FAILED, leased_until=None)
    n_made = 0
    while (file := _claim()) is not None:
        try:
            n_made += _make(file)
        except Exception as error:  # one page that cannot be drawn must not stop the next file
            log.error("letter file %s failed: %s", file.pk, type(error).__name__)
            _after_failure(file)
    return n_made


@transaction.atomic
def _claim():
    found = LetterFile.objects.due().select_for_update(skip_locked=True).order_by("asked_at")
    file = found.first()
    if file is None:
        return None
    file.state, file.leased_until = LetterFileState.RUNNING, clock.now() + LEASE
    file.n_attempts, file.n_done = file.n_attempts + 1, 0
    file.save(update_fields=["state", "leased_until", "n_attempts", "n_done"])
    return file


def _after_failure(file):
    is_last = file.n_attempts >= MAX_ATTEMPTS
    LetterFile.objects.filter(pk=file.pk, n_attempts=file.n_attempts).update(
        state=LetterFileState.FAILED if is_last else LetterFileState.WAITING, leased_until=None
    )


def _make(file):
    """Draw, encrypt and store it; whether the worker still held it at the end."""
    asker = User.objects.get(pk=file.asked_by_id)
    sheet = PrintedSheet.objects.select_related("school__municipality").get(pk=file.sheet_id)
    pages = [_page(line) for line in lines_of_sheet(sheet, by=asker) if line.code]
    own = LetterFile.objects.filter(
        pk=file.pk, n_attempts=file.n_attempts, state=LetterFileState.RUNNING
    )
    if not pages or not may(asker, VERB, sheet.school):
        return 0 * own.update(state=LetterFileState.FAILED, leased_until=None)

    def on_page(n):
        if n % PROGRESS_EVERY == 0:
            own.update(n_done=n, leased_until=clock.now() + LEASE)

    own.update(n_pages=len(pages))
    content = letters_pdf(
        pages, school=sheet.school.name, municipality=sheet.school.municipality.name,
        address=letter_entry_url(), on_page=on_page,
    )  # fmt: skip
    seal_column(file, content)
    now = clock.now()
    return own.update(
        state=LetterFileState.DONE, n_done=len(pages), leased_until=None, made_at=now,
        expires_at=now + FILE_LIFETIME, sealed=file.sealed, ring_key=file.ring_key,
    )  # fmt: skip


def letter_entry_url() -> str:
    """The URL at which a letter's code is typed."""
    return settings.PORTAL_URL + reverse("registration:letter")


def _page(line: SheetLine) -> LetterPage:
    letter, slip = line.paper, line.paper.slip_number or ""
    return LetterPage(
        seat=letter_text.seat_label(line.child), reader=letter_text.addressee(line.person, line.child),
        code=codes.group_code(line.code), link=f"{letter_entry_url()}#{line.code}",
        days=letter_text.validity(letter), slip=slip, slip_shown=codes.group_code(slip),
        is_named=letter.student_id is None,
    )  # fmt: skip


@transaction.atomic
def fetch_file(file: LetterFile, *, by: User) -> bytes | None:
    """The PDF for its requester, recorded; None where it is gone or not theirs."""
    file = LetterFile.objects.select_for_update(of=("self",)).get(pk=file.pk)
    school = file.sheet.school
    if file.asked_by_id != by.pk or not file.is_available or not may(by, VERB, school):
        return None
    content = unseal_column(file)
    record_about(file, Action.LETTERS_FETCHED, actor=by, role=role_of(by, school, VERB))
    return content


def delete_expired_files() -> int:
    """Delete the content of files whose half hour is over; returns how many."""
    return LetterFile.objects.expired().update(state=LetterFileState.GONE, sealed=None, ring_key="")
