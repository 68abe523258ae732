"""What a roster would change: compared with the people of now, then written in bulk."""

from dataclasses import dataclass, field

from django.utils import timezone

from apps.core.clock import today
from apps.people.models import (
    Guardian,
    Guardianship,
    Municipality,
    Role,
    School,
    SchoolClass,
    StaffPost,
    Student,
)

MOST_GONE = 20  # percent of a school's students that may vanish unasked
KINDS = {"schools": "学校", "classes": "学級", "students": "生徒", "guardians": "保護者",
         "links": "続柄", "teachers": "教員"}  # fmt: skip


@dataclass
class Change:
    """Rows of one kind: to make, to change (with the fields that differ), to let go."""

    new: list = field(default_factory=list)
    changed: list = field(default_factory=list)  # (row, {field: value})
    gone: list = field(default_factory=list)
    n_unchanged: int = 0

    def counts(self):
        return {"new": len(self.new), "changed": len(self.changed), "gone": len(self.gone),
                "unchanged": self.n_unchanged}  # fmt: skip


class Plan:
    """The difference between a roster and the database, computed once; ``apply`` writes it."""

    def __init__(self, roster):
        self.roster = roster
        self.municipality = Municipality.objects.filter(code=roster.municipality_code).first()
        self.now = timezone.now()
        self.changes = {kind: Change() for kind in KINDS}
        self.schools = self._schools()
        self.classes = self._classes()
        self.students = self._students()
        self.guardians = self._guardians()
        self._links()
        self._teachers()

    def counts(self):
        """{kind: {new, changed, gone, unchanged}}."""
        return {kind: change.counts() for kind, change in self.changes.items()}

    def told(self, limit=100):
        """[(kind in words, counts, new, changed, gone)] with at most ``limit`` names of each."""
        return [
            (
                KINDS[kind],
                change.counts(),
                [str(row) for row in change.new[:limit]],
                [str(row) for row, _ in change.changed[:limit]],
                [str(row) for row in change.gone[:limit]],
            )
            for kind, change in self.changes.items()
        ]

    @property
    def is_empty(self):
        """Whether the people of now are already as the roster says."""
        return not any(c.new or c.changed or c.gone for c in self.changes.values())

    @property
    def loses_many(self):
        """Whether more than MOST_GONE percent of a school's students, or of the ties, would vanish."""
        lost = self.changes["students"].gone
        links = self.changes["links"]
        if (
            len(links.gone) * 100 > (len(links.gone) + links.n_unchanged) * MOST_GONE
            and len(links.gone) > 1
        ):
            return True
        for school in {student.school_id for student in lost}:
            before = Student.objects.enrolled().filter(school=school).count()
            gone = sum(student.school_id == school for student in lost)
            if gone * 100 > before * MOST_GONE:
                return True
        return False

    @property
    def gone_words(self):
        students, links = self.changes["students"].gone, self.changes["links"].gone
        return f"生徒{len(students)}人・続柄{len(links)}件"

    # -- comparing ------------------------------------------------------------------------------

    def _schools(self):
        existing = {s.source_id: s for s in School.objects.filter(municipality=self.municipality)}
        by_code = {school.code: school for school in existing.values()}
        found = {}
        for row in self.roster.schools:
            old = existing.get(row.source_id) or by_code.get(row.code)
            values = {"source_id": row.source_id, "code": row.code, "name": row.name}
            found[row.source_id] = self._compare("schools", School, old, values)
        return found

    def _classes(self):
        mine = SchoolClass.objects.filter(school__in=self._saved_schools())
        existing = {(c.school_id, c.source_id): c for c in mine}
        found = {}
        for row in self.roster.classes:
            school = self.schools[row.school]
            values = {
                "school": school, "source_id": row.source_id, "grade": row.grade, "title": row.title,
                "school_year": self.roster.school_year, "special_needs": row.special_needs,
                "gone_at": None,
            }  # fmt: skip
            old = existing.pop((school.pk, row.source_id), None)
            found[row.source_id] = self._compare("classes", SchoolClass, old, values)
        self.changes["classes"].gone = [c for c in existing.values() if c.gone_at is None]
        return found

    def _students(self):
        mine = list(
            Student.objects.filter(municipality=self.municipality).select_related(
                "school", "home_class"
            )
        )
        by_source = {student.source_id: student for student in mine}
        by_master = {student.master_id: student for student in mine}
        found, kept = {}, set()
        for row in self.roster.pupils:
            old = by_source.get(row.source_id) or by_master.get(row.master_id)
            values = {
                "school": self.schools[row.school], "source_id": row.source_id,
                "master_id": row.master_id, "local_code": row.local_code, "grade": row.grade,
                "home_class": self.classes.get(row.home_class), "attendance_number": row.number,
                **_names(row.name), "left_at": None,
            }  # fmt: skip
            if row.birth_month:  # a file without it does not take it away
                values["birth_month"] = row.birth_month
            found[row.source_id] = self._compare("students", Student, old, values)
            kept.add(found[row.source_id].pk)
        here = {school.pk for school in self.schools.values()}
        self.changes["students"].gone = [
            s for s in mine if s.left_at is None and s.school_id in here and s.pk not in kept
        ]
        return found

    def _guardians(self):
        existing = {g.source_id: g for g in Guardian.objects.filter(municipality=self.municipality)}
        found = {}
        for row in self.roster.guardians:
            values = {"source_id": row.source_id, **_names(row.name), "left_at": None}
            old = existing.get(row.source_id)
            found[row.source_id] = self._compare("guardians", Guardian, old, values)
        return found

    def _links(self):
        students = {student.pk for student in self.students.values()}
        current = (
            Guardianship.objects.current()
            .filter(student__in=students)
            .select_related("guardian", "student")
        )
        existing = {(link.guardian.source_id, link.student.source_id): link for link in current}
        change = self.changes["links"]
        for pair in sorted(self.roster.links):
            if existing.pop(pair, None):
                change.n_unchanged += 1
            else:
                guardian, student = self.guardians[pair[0]], self.students[pair[1]]
                change.new.append(Guardianship(guardian=guardian, student=student))
        # A roster without any guardian says nothing about them; one that names some names all.
        change.gone = list(existing.values()) if self.roster.guardians else []

    def _teachers(self):
        posts = (
            StaffPost.objects.all().filter(school__in=self._saved_schools()).exclude(source_id="")
        )
        existing = {
            (post.source_id, post.school_id): post for post in posts.select_related("school_class")
        }
        for row in self.roster.teachers:
            school, home = self.schools[row.school], self.classes.get(row.home_class)
            values = {
                "school": school, "source_id": row.source_id, "school_class": home,
                "name": f"{row.name.family} {row.name.given}",
                "role": Role.HOMEROOM if home else Role.TEACHER, "ends_on": None,
            }  # fmt: skip
            self._compare(
                "teachers", StaffPost, existing.pop((row.source_id, school.pk), None), values
            )
        self.changes["teachers"].gone = [p for p in existing.values() if p.ends_on is None]

    def _compare(self, kind, model, old, values):
        change = self.changes[kind]
        if old is None:
            made = model(**values)
            change.new.append(made)
            return made
        differing = {name: value for name, value in values.items() if getattr(old, name) != value}
        if differing:
            change.changed.append((old, differing))
        else:
            change.n_unchanged += 1
        return old

    def _saved_schools(self):
        return [school.pk for school in self.schools.values() if not school._state.adding]

    # -- writing --------------------------------------------------------------------------------

    def apply(self):
        """Write everything (inside the caller's transaction); returns the Municipality."""
        self.municipality = self.municipality or Municipality.objects.create(
            code=self.roster.municipality_code, name=self.roster.municipality_name
        )
        self._let_go()
        for kind, model in (
            ("schools", School), ("classes", SchoolClass), ("students", Student),
            ("guardians", Guardian), ("links", Guardianship), ("teachers", StaffPost),
        ):  # fmt: skip
            self._write(self.changes[kind], model)
        return self.municipality

    def _write(self, change, model):
        for row in change.new:
            row.municipality = self.municipality
        if model is Student and change.changed:
            # Codes may have been exchanged: free them all before any is given anew.
            Student.objects.filter(pk__in=[row.pk for row, _ in change.changed]).update(
                local_code=""
            )
        fields = set()
        for row, differing in change.changed:
            for name, value in differing.items():
                setattr(row, name, value)
            fields |= set(differing) | ({"local_code"} if model is Student else set())
        if fields:
            model.objects.bulk_update([row for row, _ in change.changed], sorted(fields), 500)
        model.objects.bulk_create(change.new, batch_size=1000)

    def _let_go(self):
        def ids(kind):
            return [row.pk for row in self.changes[kind].gone]

        SchoolClass.objects.filter(pk__in=ids("classes")).update(gone_at=self.now)
        Student.objects.filter(pk__in=ids("students")).update(left_at=self.now)
        Guardianship.objects.filter(pk__in=ids("links")).update(ended_at=self.now)
        StaffPost.objects.filter(pk__in=ids("teachers")).update(ends_on=today())


def _names(name):
    return {"family_name": name.family, "given_name": name.given,
            "family_kana": name.family_kana, "given_kana": name.given_kana}  # fmt: skip
