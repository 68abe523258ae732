"""What comes of reading a roster's zip: what was forgiven and what was not, each in its place."""

from dataclasses import dataclass, field

MOST_KEPT = 500  # of each kind; the rest is counted


@dataclass(frozen=True)
class Finding:
    """One thing to say about the file. ``line`` counts the header as 1; 0 is the file itself."""

    file: str
    line: int
    column: str
    reason: str


@dataclass
class Reading:
    """Notes (forgiven) and problems (not), the first MOST_KEPT of each, and how many there are."""

    notes: list[Finding] = field(default_factory=list)
    problems: list[Finding] = field(default_factory=list)
    n_notes: int = 0
    n_problems: int = 0

    @property
    def is_good(self):
        return not self.n_problems

    def note(self, file, line, column, reason):
        self.n_notes += 1
        if len(self.notes) < MOST_KEPT:
            self.notes.append(Finding(file, line, column, reason))

    def problem(self, file, line, column, reason):
        self.n_problems += 1
        if len(self.problems) < MOST_KEPT:
            self.problems.append(Finding(file, line, column, reason))
