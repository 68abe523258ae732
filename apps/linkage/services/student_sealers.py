"""Finds the students whose facts may be stored, their keys and retention dates, and caches them."""

from dataclasses import dataclass
from datetime import date

from django.db.models import F

from apps.consent.models import PurposePolicy
from apps.core.clock import today
from apps.linkage.fact_kinds import FACT_KINDS, STATEMENT, STUDENT_ID_FIELDS, STUDY_WEEK
from apps.linkage.models import LinkedRecord, SourceKind
from apps.linkage.retention import kept_until
from apps.linkage.services import record_writer
from apps.linkage.services.column_mappings import kinds_by_seat, seat_handovers
from apps.linkage.services.student_codes import StudentCodes
from apps.people.models import IdentifierKind, School, Student
from apps.people.services.former_identifiers import identifier_handovers
from apps.vault.data_keys import RowSealer
from apps.vault.services.key_pauses import pauses_of
from apps.vault.services.keys import students_with_key, unlocked_keys

MAX_SEALERS = 20_000  # cached at once; the rest is queried again
STUDENTS_PER_QUERY = 2_000


class StudentSealer:
    """Seals one student's facts of one kind: a row sealer, and the row's key fields."""

    __slots__ = ("key", "row_sealer", "whose")

    def __init__(self, key, source, kind):
        self.key, self.whose = key, record_writer.key_fields(key)
        self.row_sealer = RowSealer(key, LinkedRecord, f"{source.pk}|{kind}")


class StudentSealers:
    """The StudentSealers of one source, cached by kind and code."""

    def __init__(self, source):
        self._source, self._known, self._weekly = source, {}, {}
        self._paused = {}  # {kind: codes of students whose key is paused}
        self._handovers = {}  # {whether by seat: {code: Handover}}
        self._matching, self._by_seat = None, set()
        if source.kind == SourceKind.SCHOOL_FILES:
            self._matching = StudentCodes(self._students())
            self._by_seat = kinds_by_seat(source.municipality_id)
        self._damaged = {}  # {kind: codes of students whose key cannot be used}
        self._owners = {}  # {code: student id, None where there is none}

    def of(self, kind, codes):
        """{code in the source: StudentSealer; None for an unknown student, False without consent}.

        Holds at least the ``codes`` (set).
        """
        known = self._known.setdefault(kind, {})
        if not codes <= known.keys():
            if len(known) > MAX_SEALERS:
                known.clear()
            known |= self._load_sealers(kind, codes - known.keys())
        return known

    def codes_of(self, codes, students):
        """Those of the ``codes`` (set) that name one of these students (ids)."""
        asked = codes - self._owners.keys()
        if asked:
            self._owners |= dict.fromkeys(asked) | self._students_of(asked)
        return {code for code in codes if self._owners[code] in students}

    def paused(self, kind):
        """The codes asked for so far whose student's key of this kind is paused (set)."""
        return self._paused.get(kind, frozenset())

    def damaged(self, kind):
        """The codes asked for so far whose student's key of this kind is damaged (set)."""
        return self._damaged.get(kind, frozenset())

    def is_by_seat(self, kind):
        """Whether files of this kind name students by 学年・組・番号."""
        return kind in self._by_seat

    def handovers(self, kind):
        """{code: Handover} of the students whose code (or seat, where files of this kind use seats)
        was another student's before: older rows are not theirs.
        """
        if self._matching is None:
            return {}
        seats = self.is_by_seat(kind)
        if seats not in self._handovers:
            find = self._seat_handovers if seats else self._code_handovers
            self._handovers[seats] = find()
        return self._handovers[seats]

    def why_unknown(self, code):
        """A sentence that says why a code of a school's file is unknown."""
        return self._matching.why_unknown(code)

    def weekly_sealer(self, key):
        """The StudentSealer of the weekly sums under a DataKey."""
        if key.id not in self._weekly:
            if len(self._weekly) > MAX_SEALERS:
                self._weekly.clear()
            self._weekly[key.id] = StudentSealer(key, self._source, STUDY_WEEK)
        return self._weekly[key.id]

    def statement_sealers(self):
        """Every StudentSealer that can have written statements, some thousand at a time."""
        ids = self._students().order_by("pk").values_list("pk", flat=True)
        last = None
        while ids_of_batch := list((ids.filter(pk__gt=last) if last else ids)[:STUDENTS_PER_QUERY]):
            keys = unlocked_keys(ids_of_batch, FACT_KINDS[STATEMENT].purpose)
            yield [StudentSealer(key, self._source, STATEMENT) for key in keys.values()]
            last = ids_of_batch[-1]

    def forget(self):
        """Empty the cache: somebody withdrew."""
        self._known.clear()
        self._paused.clear()
        self._damaged.clear()

    def _load_sealers(self, kind, codes):
        students = self._students_of(codes)
        keys = unlocked_keys(set(students.values()), FACT_KINDS[kind].purpose)
        self._note_why(kind, {c: pk for c, pk in students.items() if pk not in keys})
        found = dict.fromkeys(codes)
        for code, student in students.items():
            key = keys.get(student)
            found[code] = StudentSealer(key, self._source, kind) if key else False
        return found

    def _note_why(self, kind, keyless):
        if not keyless:
            return
        purpose, students = FACT_KINDS[kind].purpose, set(keyless.values())
        paused = {student for student, _ in pauses_of(students, [purpose])}
        damaged = students_with_key(students, purpose) - paused
        for noted, whose in ((self._paused, paused), (self._damaged, damaged)):
            codes = {code for code, student in keyless.items() if student in whose}
            noted.setdefault(kind, set()).update(codes)

    def _students_of(self, codes):
        """{the student's code in the source: student id}; of two with one code the one enrolled.

        A code of two enrolled students is left out.
        """
        name = STUDENT_ID_FIELDS[self._source.kind]
        if self._matching is not None:
            codes = {code for code in codes if not self._matching.is_ambiguous(code)}
        found = self._students().filter(**{f"{name}__in": codes})
        found = found.order_by(F("left_at").asc(nulls_last=True))
        return {str(code): pk for code, pk in found.values_list(name, "pk")}

    def _seat_handovers(self):
        return seat_handovers(self._source.school_id)

    def _code_handovers(self):
        schools = [self._source.school_id]
        if schools == [None]:
            schools = School.objects.filter(municipality=self._source.municipality_id)
        return identifier_handovers(schools, IdentifierKind.CODE, self._students_of)

    def _students(self):
        where = {"school": self._source.school_id} if self._source.school_id else {}
        return Student.objects.filter(municipality=self._source.municipality_id, **where)


@dataclass(frozen=True)
class RetentionDate:
    """The last day on which a fact is kept, and its row's fields of kind and day."""

    until: date
    fields: bytes


class RetentionDates:
    """The retention dates of the facts of one source."""

    def __init__(self, source):
        self._source, self._kinds = source, {}

    def of(self, kind):
        """{day of a fact of this kind: RetentionDate, or None where its time is over already}."""
        if kind not in self._kinds:
            policies = PurposePolicy.objects.filter(
                municipality=self._source.municipality_id, purpose=FACT_KINDS[kind].purpose
            )
            promised = (
                policies.values_list("kept_days", flat=True).first() or 0
            )  # no policy: no days
            self._kinds[kind] = _RetentionByDay(
                kind, min(FACT_KINDS[kind].days or promised, promised)
            )
        return self._kinds[kind]


class _RetentionByDay(dict):
    def __init__(self, kind, days):
        super().__init__()
        self._kind, self._days = kind, days

    def __missing__(self, day):
        until = kept_until(day, self._days)
        self[day] = (
            RetentionDate(until, record_writer.retention_fields(self._kind, until))
            if until >= today()
            else None
        )
        return self[day]
