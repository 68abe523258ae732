"""What a roster says, reduced to what the portal keeps: no day of birth, sex, address or mail."""

from dataclasses import dataclass, field
from datetime import date
from uuid import UUID


@dataclass(frozen=True)
class Finding:
    """One thing to say about the file. ``line`` counts the header as 1; 0 is the file itself."""

    file: str
    line: int
    column: str
    reason: str


@dataclass(frozen=True)
class SchoolRow:
    source_id: str
    code: str
    name: str


@dataclass(frozen=True)
class ClassRow:
    source_id: str
    school: str
    grade: str
    title: str
    special_needs: bool


@dataclass(frozen=True)
class Name:
    family: str
    given: str
    family_kana: str
    given_kana: str


@dataclass(frozen=True)
class PupilRow:
    source_id: str
    school: str
    master_id: UUID
    name: Name
    grade: str
    home_class: str
    number: int | None
    local_code: str
    birth_month: date | None = None  # its first day


@dataclass(frozen=True)
class AdultRow:
    source_id: str
    school: str
    name: Name


@dataclass(frozen=True)
class TeachingRow:
    """A teacher at a school; ``home_class`` where they lead one (enrolled with primary=true)."""

    source_id: str
    school: str
    name: Name
    home_class: str


@dataclass
class Roster:
    """One whole truth about the schools it names, for one school year."""

    municipality_code: str = ""
    municipality_name: str = ""
    school_year: int = 0
    schools: list[SchoolRow] = field(default_factory=list)
    classes: list[ClassRow] = field(default_factory=list)
    pupils: list[PupilRow] = field(default_factory=list)
    guardians: list[AdultRow] = field(default_factory=list)
    teachers: list[TeachingRow] = field(default_factory=list)
    links: set[tuple[str, str]] = field(default_factory=set)  # (guardian, pupil)


@dataclass
class Reading:
    """What came of reading a zip."""

    roster: Roster | None = None
    born: dict = field(default_factory=dict)  # {user: first day of the month of birth}
    notes: list[Finding] = field(default_factory=list)
    problems: list[Finding] = field(default_factory=list)

    @property
    def is_good(self):
        return self.roster is not None and not self.problems
