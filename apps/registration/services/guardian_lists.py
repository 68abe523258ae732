"""Lists of guardians: compared first, applied when a person decides; they remove nobody."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from hashlib import sha256
from uuid import UUID

import orjson
from django.db import transaction

from apps.audit.models import Action
from apps.audit.services.audit_events import record
from apps.core import clock, spreadsheets
from apps.people.class_positions import class_position
from apps.people.models import School, Student, User
from apps.people.normalisation import normalise_code, without_leading_zeros
from apps.people.permissions import may, role_of, schools_where
from apps.people.services import guardian_standings
from apps.people.services.person_accounts import children_of_person
from apps.registration import guardian_list_rows as list_rows
from apps.registration.models import GuardianList, GuardianListState, ListedGuardian
from apps.vault.services.ring_sealing import seal_column, unseal_column

VERB = "guardians.list"
DECIDED_ALREADY = "この一覧は、もう決まっています。"
OWN_FAMILY_ROW = "あなたか、一覧をアップロードした人の子どもの行は、ほかの職員が取り込みます。"
CHANGED_MEANWHILE = "見たあとで、名簿か一覧が変わりました。もう一度見てください。"


class CannotApplyList(Exception):
    """The list cannot be read or applied; the message is for the member of staff."""


@dataclass(frozen=True)
class Listed:
    """One guardian on a list; name and reading as ``standing.normal_name`` writes them."""

    names: set
    relation: str
    authors: frozenset[UUID]  # the accounts that uploaded, read or took the lists that name them


@dataclass
class GuardianListPlan:
    """What applying the list would change."""

    new: list = field(default_factory=list)  # (Student, ListedName)
    changed: list = field(default_factory=list)  # (ListedGuardian, ListedName)
    n_same: int = 0
    n_only_before: int = 0  # names of earlier lists that are missing in this one; they stay
    problems: list = field(default_factory=list)  # (line, sentence)

    @property
    def token(self) -> str:
        """A token of the page: the list is applied only while the plan is the same."""
        differences = [
            sorted((str(student.pk), listed.line, listed.name, listed.reading, listed.relation)
                   for student, listed in self.new),
            sorted((str(row.pk), listed.line, listed.reading, listed.relation) for row, listed in self.changed),
            self.problems,
        ]  # fmt: skip
        return sha256(orjson.dumps(differences)).hexdigest()


@transaction.atomic
def upload_list(school: School, content: bytes, file_name: str, *, by: User) -> GuardianList:
    """Read a CSV or XLSX file and keep its rows encrypted until somebody decides.

    Raises CannotApplyList for an unreadable file or a school out of reach; nothing is written.
    """
    if not schools_where(by, VERB).filter(pk=school.pk).exists():
        raise CannotApplyList("この学校の一覧を取り込む立場ではありません。")
    try:
        table = spreadsheets.read_table(content)
    except spreadsheets.UnreadableSpreadsheet as error:
        raise CannotApplyList(str(error)) from error
    found = GuardianList(
        municipality_id=school.municipality_id, school=school, file_name=file_name[-150:],
        uploaded_by=by, uploaded_at=clock.now(),
    )  # fmt: skip
    _store_rows(found, {
        "headings": table.headings, "rows": table.rows, "lines": table.lines,
        "columns": list_rows.guess_columns(table.headings),
    })  # fmt: skip
    found.save(force_insert=True)
    return found


def stored_rows(found: GuardianList) -> dict | None:
    """{headings, rows, lines, columns} of a waiting list; None where it is decided."""
    return None if found.sealed is None else orjson.loads(unseal_column(found))


@transaction.atomic
def choose_columns(found: GuardianList, columns: dict[str, str], *, by: User) -> None:
    """Store which heading means what, and who said so. Raises CannotApplyList."""
    found = _waiting(found)
    of_file = stored_rows(found)
    columns = {name: heading for name, heading in columns.items() if heading}
    if not set(columns) <= set(list_rows.FIELDS) or not set(columns.values()) <= set(
        of_file["headings"]
    ):
        raise CannotApplyList("このファイルにない列です。")
    if why := list_rows.column_problem(columns):
        raise CannotApplyList(why)
    _store_rows(found, of_file | {"columns": columns})
    found.columns_by = sorted({*found.columns_by, by.pk})
    found.save(update_fields=["sealed", "ring_key", "columns_by"])


def plan_list(found: GuardianList, *, reader: User) -> GuardianListPlan:
    """The difference to earlier lists, and the rows that match nobody. Raises CannotApplyList.

    Rows about children of the reader's or the uploader's own family are refused without being
    compared: the difference would say whom the list names.
    """
    of_file = stored_rows(found)
    if of_file is None:
        raise CannotApplyList(DECIDED_ALREADY)
    if why := list_rows.column_problem(of_file["columns"]):
        raise CannotApplyList(why)
    listed, problems = list_rows.read_rows(**of_file)
    plan = GuardianListPlan(problems=problems)
    family = children_of_person(reader) | children_of_person(found.uploaded_by)
    students = _StudentIndex(found.school_id, family)
    before = {
        (row.student_id, row.name_key): row
        for row in ListedGuardian.objects.filter(student__in=students.all)
    }
    first_lines: dict = {}
    for each in listed:
        _place(plan, students, before, first_lines, each)
    named = {student_id for student_id, _ in first_lines}
    plan.n_only_before = sum(key not in first_lines for key in before if key[0] in named)
    plan.problems.sort()
    return plan


def _place(plan, students, before, first_lines, listed):
    student, why = students.whose(listed)
    if student is None:
        plan.problems.append((listed.line, why))
        return
    key = student.pk, list_rows.name_key(listed.name)
    if key in first_lines:
        if first_lines[key] != listed.line:
            plan.problems.append(
                (listed.line, f"{first_lines[key]}行めと同じ子ども・同じ名前です。")
            )
        return
    first_lines[key] = listed.line
    row = before.get(key)
    if row is None:
        plan.new.append((student, listed))
    elif _differs(row, listed):
        plan.changed.append((row, listed))
    else:
        plan.n_same += 1


def _differs(row, listed):
    """Whether the row changes the listed guardian; empty cells change nothing."""
    return bool(
        listed.name != row.name
        or (listed.reading and listed.reading != row.reading)
        or (listed.relation and listed.relation != row.relation)
    )


class _StudentIndex:
    """The enrolled students of a school by 管理コード and by 学年・組・番号."""

    def __init__(self, school_id, family):
        self._family = family
        enrolled = Student.objects.enrolled().filter(school=school_id)
        self.all = list(enrolled.select_related("home_class"))
        self._by: dict = {}
        for student in self.all:
            code = normalise_code(student.local_code)
            of_class = student.home_class.title if student.home_class else ""
            for kind, value in (
                ("code", code), ("bare", without_leading_zeros(code)),
                ("seat", class_position(student.grade, of_class, str(student.attendance_number or ""))),
            ):  # fmt: skip
                if value:
                    self._by.setdefault((kind, value), set()).add(student)

    def whose(self, listed):
        """(the student, "") or (None, why nobody matches)."""
        by_code = self._by.get(("code", listed.code)) or self._by.get(
            ("bare", without_leading_zeros(listed.code)), set()
        )
        by_seat = self._by.get(("seat", listed.seat), set())
        if any(student.pk in self._family for student in by_code | by_seat):
            return None, OWN_FAMILY_ROW
        if listed.code and listed.seat and by_code and by_seat and by_code != by_seat:
            return None, "管理コードと 学年・組・番号が、ちがう子どもを指しています。"
        found = by_code or by_seat
        if len(found) > 1:
            return None, "同じ番号の子どもが二人以上います。"
        return (
            (next(iter(found)), "") if found else (None, "この学校に、この番号の子どもがいません。")
        )


@transaction.atomic
def apply_list(found: GuardianList, *, by: User, page_token: str) -> GuardianListPlan:
    """Apply the rows that match somebody, in one transaction. Raises CannotApplyList.

    ``page_token`` is the token of the plan that the page showed. Nobody is removed from any list.
    """
    found = _waiting(found)
    if not may(by, VERB, found.school):
        raise CannotApplyList("この学校の一覧を取り込む立場ではありません。")
    School.objects.select_for_update(no_key=True).get(pk=found.school_id)  # one list at a time
    plan = plan_list(found, reader=by)
    if plan.token != page_token:
        raise CannotApplyList(CHANGED_MEANWHILE)
    now, authors = clock.now(), {found.uploaded_by_id, *found.columns_by, by.pk}
    ListedGuardian.objects.bulk_create(
        ListedGuardian(
            municipality_id=found.municipality_id, student=student, name=listed.name,
            name_key=list_rows.name_key(listed.name), reading=listed.reading,
            relation=listed.relation, listed_at=now, listed_by=by, written_by=sorted(authors),
        )
        for student, listed in plan.new
    )  # fmt: skip
    for row, listed in plan.changed:
        row.name, row.listed_at, row.listed_by = listed.name, now, by
        row.reading, row.relation = listed.reading or row.reading, listed.relation or row.relation
        row.written_by = sorted({*row.written_by, *authors})
    ListedGuardian.objects.bulk_update(
        [row for row, _ in plan.changed],
        ["name", "reading", "relation", "listed_at", "listed_by", "written_by"],
    )
    found.n_new, found.n_changed = len(plan.new), len(plan.changed)
    _close(found, GuardianListState.TAKEN)
    record(
        Action.GUARDIANS_LISTED, actor=by, role=role_of(by, found.school, VERB),
        municipality_id=found.municipality_id, thing=found, fields=["name", "reading", "relation"],
    )  # fmt: skip
    return plan


@transaction.atomic
def drop_list(found: GuardianList) -> None:
    """Close the list without applying it. Raises CannotApplyList where it is decided already."""
    _close(_waiting(found), GuardianListState.DROPPED)


def drop_old_lists(before: datetime) -> int:
    """Drop lists nobody decided about since ``before``; returns how many."""
    old = GuardianList.objects.filter(state=GuardianListState.CHECKED, uploaded_at__lt=before)
    return old.update(state=GuardianListState.DROPPED, sealed=None, ring_key="")


def listed_names(student_ids: Iterable[UUID]) -> dict[UUID, list[Listed]]:
    """{student id: [Listed]} of these students."""
    found = defaultdict(list)
    rows = ListedGuardian.objects.filter(student__in=list(student_ids))
    fields = ("student", "relation", "listed_by", "written_by", "name", "reading")
    for student, relation, taken_by, written_by, *written in rows.values_list(*fields):
        names = {guardian_standings.comparable_name(each) for each in written} - {""}
        found[student].append(Listed(names, relation, frozenset({taken_by, *written_by} - {None})))
    return dict(found)


def _waiting(found):
    found = GuardianList.objects.select_for_update(of=("self",)).get(pk=found.pk)
    if found.state != GuardianListState.CHECKED:
        raise CannotApplyList(DECIDED_ALREADY)
    return found


def _store_rows(found, of_file):
    seal_column(found, orjson.dumps(of_file))


def _close(found, state):
    found.state, found.sealed, found.ring_key = state, None, ""
    found.save()
