"""Who may be written about, under which key, and until when: asked once, kept from page to page."""

from dataclasses import dataclass
from datetime import date

from django.db.models import F

from apps.consent.models import PurposePolicy
from apps.core.clock import today
from apps.linkage import staging
from apps.linkage.keeping import kept_until
from apps.linkage.kinds import KINDS, NAMED_BY, STATEMENT, STUDY_WEEK
from apps.linkage.matching import CodeMatching
from apps.linkage.models import LinkedRecord, SourceKind
from apps.linkage.reading_ways import by_seat, seats_handed_over
from apps.people.former_holders import handovers
from apps.people.models import NameKind, School, Student
from apps.vault.services import Pen, holders, known_keys, pauses_of

MOST_HANDS = 20_000  # in memory at once; more are asked for again
AT_ONCE = 2_000


class Hand:
    """What writes one student's facts of one kind: a pen, and what each row says of whose it is."""

    __slots__ = ("key", "pen", "whose")

    def __init__(self, key, source, kind):
        self.key, self.whose = key, staging.whose(key)
        self.pen = Pen(key, LinkedRecord, f"{source.pk}|{kind}")


class Hands:
    """The hands of one source."""

    def __init__(self, source):
        self._source, self._known, self._weekly = source, {}, {}
        self._paused = {}  # {kind: codes of students whose key is paused}
        self._handed_over = {}  # {whether by seat: {code: Handover}}
        self._matching, self._by_seat = None, set()
        if source.kind == SourceKind.SCHOOL_FILES:
            self._matching = CodeMatching(self._students())
            self._by_seat = by_seat(source.municipality_id)
        self._damaged = {}  # {kind: codes of students whose key cannot be used}

    def of(self, kind, codes):
        """{the student's code in the source: Hand; None for a stranger, False without consent}.

        Holds at least the ``codes`` (set).
        """
        known = self._known.setdefault(kind, {})
        if not codes <= known.keys():
            if len(known) > MOST_HANDS:
                known.clear()
            known |= self._asked(kind, codes - known.keys())
        return known

    def paused(self, kind):
        """The codes, of those asked for, of students whose key of this kind is paused (set)."""
        return self._paused.get(kind, frozenset())

    def damaged(self, kind):
        """The codes, of those asked for, of students whose key of this kind is damaged (set)."""
        return self._damaged.get(kind, frozenset())

    def is_by_seat(self, kind):
        """Whether files of this kind name students by 学年・組・番号."""
        return kind in self._by_seat

    def handed_over(self, kind):
        """{code: Handover} of the students whose code (or seat, where files of this kind name
        students by it) was another's before: older rows are not theirs.
        """
        if self._matching is None:
            return {}
        seats = self.is_by_seat(kind)
        if seats not in self._handed_over:
            find = self._seats_handed_over if seats else self._codes_handed_over
            self._handed_over[seats] = find()
        return self._handed_over[seats]

    def why_unknown(self, code):
        """A sentence that says why a code of a school's file means nobody."""
        return self._matching.why_unknown(code)

    def of_week(self, key):
        """The Hand that writes the weekly sums under a DataKey."""
        if key.id not in self._weekly:
            if len(self._weekly) > MOST_HANDS:
                self._weekly.clear()
            self._weekly[key.id] = Hand(key, self._source, STUDY_WEEK)
        return self._weekly[key.id]

    def of_statements(self):
        """Every Hand that can have written statements, some thousand at a time."""
        ids = self._students().order_by("pk").values_list("pk", flat=True)
        last = None
        while some := list((ids.filter(pk__gt=last) if last else ids)[:AT_ONCE]):
            keys = known_keys(some, KINDS[STATEMENT].purpose)
            yield [Hand(key, self._source, STATEMENT) for key in keys.values()]
            last = some[-1]

    def forget(self):
        """Ask again whoever comes next: somebody withdrew."""
        self._known.clear()
        self._paused.clear()
        self._damaged.clear()

    def _asked(self, kind, codes):
        students = self._students_of(codes)
        keys = known_keys(set(students.values()), KINDS[kind].purpose)
        self._note_why(kind, {c: pk for c, pk in students.items() if pk not in keys})
        found = dict.fromkeys(codes)
        for code, student in students.items():
            key = keys.get(student)
            found[code] = Hand(key, self._source, kind) if key else False
        return found

    def _note_why(self, kind, keyless):
        if not keyless:
            return
        purpose, students = KINDS[kind].purpose, set(keyless.values())
        paused = {student for student, _ in pauses_of(students, [purpose])}
        damaged = holders(students, purpose) - paused
        for noted, whose in ((self._paused, paused), (self._damaged, damaged)):
            codes = {code for code, student in keyless.items() if student in whose}
            noted.setdefault(kind, set()).update(codes)

    def _students_of(self, codes):
        """{the student's code in the source: student id}; of two with one code the one enrolled.

        A code that could mean two who are enrolled means nobody.
        """
        name = NAMED_BY[self._source.kind]
        if self._matching is not None:
            codes = {code for code in codes if not self._matching.is_ambiguous(code)}
        found = self._students().filter(**{f"{name}__in": codes})
        found = found.order_by(F("left_at").asc(nulls_last=True))
        return {str(code): pk for code, pk in found.values_list(name, "pk")}

    def _seats_handed_over(self):
        return seats_handed_over(self._source.school_id)

    def _codes_handed_over(self):
        schools = [self._source.school_id]
        if schools == [None]:
            schools = School.objects.filter(municipality=self._source.municipality_id)
        return handovers(schools, NameKind.CODE, self._students_of)

    def _students(self):
        where = {"school": self._source.school_id} if self._source.school_id else {}
        return Student.objects.filter(municipality=self._source.municipality_id, **where)


@dataclass(frozen=True)
class Kept:
    """The last day on which a fact is kept, and what its row says of kind and day."""

    until: date
    fields: bytes


class Untils:
    """Until when the facts of one source are kept."""

    def __init__(self, source):
        self._source, self._kinds = source, {}

    def of(self, kind):
        """{the day a fact of this kind speaks of: Kept, or None where its time is over already}."""
        if kind not in self._kinds:
            policies = PurposePolicy.objects.filter(
                municipality=self._source.municipality_id, purpose=KINDS[kind].purpose
            )
            promised = policies.values_list("kept_days", flat=True).first() or 0  # no policy: none
            self._kinds[kind] = _Days(kind, min(KINDS[kind].days or promised, promised))
        return self._kinds[kind]


class _Days(dict):
    def __init__(self, kind, days):
        super().__init__()
        self._kind, self._days = kind, days

    def __missing__(self, day):
        until = kept_until(day, self._days)
        self[day] = Kept(until, staging.kept(self._kind, until)) if until >= today() else None
        return self[day]
