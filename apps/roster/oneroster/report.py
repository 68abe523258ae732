"""The result of reading a roster zip: accepted notes and problems, each with its position."""

from dataclasses import dataclass, field

MAX_FINDINGS = 500  # of each kind; the rest is only counted


@dataclass(frozen=True)
class RosterFinding:
    """One note or problem of the file. ``line`` counts the header as 1; 0 is the file itself."""

    file: str
    line: int
    column: str
    reason: str


@dataclass
class FileReport:
    """Notes (accepted) and problems (not): the first MAX_FINDINGS of each, and their total numbers."""

    notes: list[RosterFinding] = field(default_factory=list)
    problems: list[RosterFinding] = field(default_factory=list)
    n_notes: int = 0
    n_problems: int = 0

    @property
    def is_error_free(self):
        return not self.n_problems

    def add_note(self, file, line, column, reason):
        self.n_notes += 1
        if len(self.notes) < MAX_FINDINGS:
            self.notes.append(RosterFinding(file, line, column, reason))

    def add_problem(self, file, line, column, reason):
        self.n_problems += 1
        if len(self.problems) < MAX_FINDINGS:
            self.problems.append(RosterFinding(file, line, column, reason))
