"""Counts how many of all enrolled students of its audience a notice has reached."""

from dataclasses import dataclass, field
from itertools import groupby

from django.db.models import Count, FilteredRelation, Q

from apps.core import small_cells
from apps.notices.models import PaperHandout
from apps.people import grades
from apps.people.models import Role, Student
from apps.people.permissions import schools_where
from apps.push.services import broadcasts as push


@dataclass(frozen=True)
class NoticeReach:
    """The reach of a notice among all enrolled students of its audience."""

    n_students: int
    n_shown: int
    n_opened: int
    n_devices: int
    n_accepted: int
    n_not_signed_in: int = 0

    @property
    def shown(self):
        """How many it was shown to, in words that identify nobody."""
        return small_cells.count_words(self.n_shown, self.n_students)

    @property
    def opened(self):
        return small_cells.count_words(self.n_opened, self.n_students)

    @property
    def not_signed_in(self):
        return small_cells.count_words(self.n_not_signed_in, self.n_students)

    @property
    def share(self):
        """「96 %」 of all its students, or a bound where the exact share would identify somebody."""
        if not self.n_students or small_cells.is_small(self.n_shown, self.n_students):
            return self.shown
        return f"{round(100 * self.n_shown / self.n_students)} %"


@dataclass(frozen=True)
class ReachRow:
    """One line of the table: a school, a grade or a class, its counts in words."""

    level: str  # "school" | "grade" | "class"
    title: str
    n: int
    shown: str
    opened: str
    not_signed_in: str
    class_id: object = None
    handed_out_at: object = None
    is_own: bool = False


@dataclass
class _Group:
    """Counts of a class, or the sum of several groups."""

    level: str
    title: str
    parts: list = field(default_factory=list)
    n: int = 0
    shown: int = 0
    opened: int = 0
    absent: int = 0
    class_id: object = None
    words: dict = field(default_factory=dict)


COUNT_COLUMNS = ("shown", "opened", "absent")


def youngest_reader(notice):
    """The lowest grade among the students of a notice's audience; "" where none is known."""
    return grades.youngest_grade(notice.grades or _grades_of(notice.audience().students()))


def youngest_student(municipality_id):
    """The lowest grade enrolled in a municipality (None: in any); "" where none is known."""
    of = {"municipality": municipality_id} if municipality_id else {}
    return grades.youngest_grade(_grades_of(Student.objects.enrolled().filter(**of)))


def _grades_of(students):
    return students.order_by().values_list("grade", flat=True).distinct()


def not_signed_in_since(notice):
    """A Q on students: has not signed in since the notice was published, nor was it shown to them."""
    late = Q(user=None) | Q(user__last_login=None) | Q(user__last_login__lt=notice.publish_at)
    return late & Q(receipt__shown_at=None)


def students_with_receipts(notice):
    """The students of the audience, each with the ``receipt`` of this notice where there is one."""
    of_notice = Q(user__notice_receipts__notice=notice)
    found = notice.audience().students().order_by()
    return found.annotate(receipt=FilteredRelation("user__notice_receipts", condition=of_notice))


def _counts(notice):
    return {
        "n": Count("pk"),
        "shown": Count("receipt__shown_at"),
        "opened": Count("receipt__opened_at"),
        "absent": Count("pk", filter=not_signed_in_since(notice)),
    }


def count_reach(notice):
    """The NoticeReach now: all enrolled students, those shown, those who opened, devices."""
    counted = students_with_receipts(notice).aggregate(**_counts(notice))
    device_counts = push.device_counts(notice.pk.hex)
    return NoticeReach(
        n_students=counted["n"],
        n_shown=counted["shown"],
        n_opened=counted["opened"],
        n_not_signed_in=counted["absent"],
        n_devices=device_counts["devices"],
        n_accepted=device_counts["accepted"],
    )


def reach_rows(notice, user):
    """ReachRows by school, grade and class of the schools this user sees; small counts hidden.

    Only the homeroom teacher of a class sees its exact counts.
    """
    schools = _tree(notice, schools_where(user, "notices.view"))
    own = _own_classes(user)
    for school in schools:
        for grade in school.parts:
            _say(grade.parts, own)
        _say(school.parts)
    _say(schools)
    papers = dict(PaperHandout.objects.filter(notice=notice).values_list("school_class", "at"))
    return [
        _row(group, own, papers)
        for school in schools
        for group in (school, *(g for grade in school.parts for g in (grade, *grade.parts)))
    ]


def count_paper_handouts(notice):
    """How many classes have been given the notice on paper."""
    return PaperHandout.objects.filter(notice=notice).count()


def _own_classes(user):
    return {
        post.school_class_id
        for post in user.current_posts
        if post.role == Role.HOMEROOM and post.school_class_id
    }


def _tree(notice, schools):
    """The classes' counts in one query, summed into grades and schools."""
    rows = (
        students_with_receipts(notice)
        .filter(school__in=schools)
        .values("school__name", "school", "grade", "home_class", "home_class__title")
        .annotate(**_counts(notice))
        .order_by("school__name", "school", "grade", "home_class__title", "home_class")
    )
    return [
        _sum("school", of_school[0], [
            _sum("grade", grades.GRADE_NAMES.get(grade, grade) or "学年なし", [_class(row) for row in of_grade])
            for grade, of_grade in groupby(found, key=lambda row: row["grade"])
        ])
        for of_school, found in groupby(rows, key=lambda row: (row["school__name"], row["school"]))
    ]  # fmt: skip


def _class(row):
    title = row["home_class__title"] or "学級なし"
    counts = {name: row[name] for name in ("n", *COUNT_COLUMNS)}
    return _Group("class", title, class_id=row["home_class"], **counts)


def _sum(level, title, parts):
    sums = {name: sum(getattr(part, name) for part in parts) for name in ("n", *COUNT_COLUMNS)}
    return _Group(level, title, parts=parts, **sums)


def _say(groups, own=()):
    """Set the words of each column of groups whose sum is shown in one line above them."""
    own_groups = {i for i, group in enumerate(groups) if group.class_id and group.class_id in own}
    for name in COUNT_COLUMNS:
        secret = {i for i, group in enumerate(groups) if name in _giveaways(group)}
        pairs = [(getattr(group, name), group.n) for group in groups]
        words, gives_away = small_cells.column_words(pairs, own=own_groups, secret=secret)
        for group, said in zip(groups, words, strict=True):
            group.words[name] = said
            group.words[f"{name}_gives_away"] = gives_away


def _giveaways(group):
    """Columns whose sum must be hidden, since one hidden part below could be calculated from it."""
    return {
        name
        for name in COUNT_COLUMNS
        if group.parts and group.parts[0].words.get(f"{name}_gives_away")
    }


def _row(group, own, papers):
    return ReachRow(
        level=group.level, title=group.title, n=group.n, shown=group.words["shown"],
        opened=group.words["opened"], not_signed_in=group.words["absent"],
        class_id=group.class_id, handed_out_at=papers.get(group.class_id),
        is_own=bool(group.class_id) and group.class_id in own,
    )  # fmt: skip
