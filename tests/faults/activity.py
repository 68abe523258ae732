"""A light load of a fault run: threads that act like people, until it ends."""

import csv
import random
import threading
import time
import uuid
from dataclasses import replace
from datetime import date, timedelta

import requests
from django.db import DatabaseError, close_old_connections

from apps.consent.models import Purpose
from apps.linkage.models import LinkedRecord
from apps.linkage.services.sync_runs import request_run
from apps.roster.models import ImportState
from apps.roster.services.imports import check_and_import_roster
from tests.faults import simulated_users as does
from tests.faults.response_counts import Tally
from tests.faults.small_city import SmallCity, roster

PROBE_S, PROBE_PATIENCE_S = 0.25, 3.0
ATTENDANCE = Purpose.ATTENDANCE.value


class Stream:
    """The simulated people; ``finish`` returns when everybody has ended their last act."""

    def __init__(self, city: SmallCity, tally: Tally, inbox, port, seed: int):
        self.city, self.tally, self.port = city, tally, port
        self._file = max(inbox.glob("attendance_daily_*.csv"))
        with open(self._file, encoding="utf-8-sig", newline="") as file:
            self._head, *self.file_rows = [row[:3] for row in csv.reader(file)]
        self._next_day = min(row[1] for row in self.file_rows)
        self._over = threading.Event()
        kinds = [self._student] * 2 + [self._guardian, self._staff, self._files, self._probe]
        self._threads = [
            threading.Thread(target=self._go_on, args=(kind, random.Random(f"{seed}-{n}")))
            for n, kind in enumerate(kinds)
        ]

    def start(self) -> None:
        """Begin."""
        for thread in self._threads:
            thread.start()

    def finish(self) -> None:
        """Start nothing new; return when everything has ended."""
        self._over.set()
        for thread in self._threads:
            thread.join()

    def _go_on(self, kind, rng):
        while not self._over.is_set():
            try:
                kind(rng)
            except DatabaseError as error:  # an act without a page was interrupted
                self.tally.count(self.tally.own_failures, type(error).__name__)
            except Exception as error:  # unexpected errors are printed, the others go on
                self.tally.count(self.tally.own_failures, f"{kind.__name__}: {error!r}"[:160])
            close_old_connections()

    # -- one act each, with the pause after it --

    def _student(self, rng):
        person = rng.choice(self.city.students)
        answers = {"mood": str(rng.randrange(5)), "body": str(rng.randrange(3)), "talk": "0"}
        act = rng.choice(["check in", "deliver", "ask", "send"])
        if act == "check in":
            does.check_in(person, answers)
        elif act == "deliver":
            does.deliver(person, answers)
        elif act == "ask":
            does.ask_to_talk(person, f"word {uuid.uuid4()}")
        else:
            does.try_push(rng.choice(self.city.with_devices))
        self._over.wait(rng.uniform(0.5, 1.5))

    def _guardian(self, rng):
        person = rng.choice(self.city.guardians)
        student = person.row.child
        if getattr(person, "has_withdrawn", False):
            person.has_withdrawn = not does.give(person, student, ATTENDANCE)
        elif does.withdraw(person, student, ATTENDANCE):
            person.has_withdrawn = True
            found = LinkedRecord.objects.readable().filter(student=student, purpose=ATTENDANCE)
            if found.exists():
                self.tally.readable_after_withdrawal.append(str(student.pk))
        self._over.wait(rng.uniform(1, 3))

    def _staff(self, rng):
        title = f"notice {uuid.uuid4()}"
        pk = does.write_notice(self.city.officer, title)
        if pk:
            does.edit_notice(self.city.officer, pk, title, f"text {rng.randrange(10**6)}")
        self._over.wait(rng.uniform(3, 6))

    def _files(self, rng):
        self._add_rows(rng)
        request_run(self.city.source, by=self.city.officer_user)
        self.tally.accept("file", None, len(self.file_rows))
        self._over.wait(rng.uniform(5, 10))
        self._read_roster_again(rng)
        self._over.wait(rng.uniform(5, 10))

    def _add_rows(self, rng):
        """Replace the last file by a longer one atomically, as a careful export does."""
        on = (date.fromisoformat(self._next_day) - timedelta(days=1)).isoformat()
        self._next_day = on
        rows = self.file_rows + [
            [pupil.local_code, on, rng.choice(["病欠", "遅刻", "早退"])]
            for pupil in self.city.invented.pupils
        ]
        lines = map(",".join, [self._head, *rows])
        draft = self._file.with_suffix(".draft")
        draft.write_text("\n".join(lines) + "\n", encoding="utf-8-sig")
        draft.rename(self._file)
        self.file_rows = rows

    def _read_roster_again(self, rng):
        """The roster with another 出席番号 of one pupil."""
        pupils = list(self.city.invented.pupils)
        at = rng.randrange(len(pupils))
        pupils[at] = replace(pupils[at], number=rng.randrange(41, 99))
        changed = replace(self.city.invented, pupils=pupils)
        file_name, content = roster(changed)
        done = check_and_import_roster(content, file_name, by=self.city.officer_user)
        if done.state != ImportState.IMPORTED:
            self.tally.count(self.tally.refused, f"roster: {done.state}")
            return
        self.city.invented = changed
        self.tally.accept("roster", str(pupils[at].source_id), str(done.pk), pupils[at].number)

    def _probe(self, rng):
        """Check that the site answers; record how long it did not."""
        began = time.monotonic()
        while not self._answers() and not self._over.is_set():
            time.sleep(PROBE_S)
        silent = time.monotonic() - began
        if silent > PROBE_S:
            self.tally.gaps.append((began - self.tally.began, silent))
        self._over.wait(PROBE_S)

    def _answers(self):
        address = f"http://127.0.0.1:{self.port}/card/"
        try:
            return requests.get(address, timeout=PROBE_PATIENCE_S).status_code < 500
        except requests.RequestException:
            return False
