"""The plan of an import: a staged roster compared with the present people, described, applied."""

from dataclasses import dataclass, field

from apps.core import clock
from apps.people.models import Municipality
from apps.roster.oneroster.identity_questions import valid_answers
from apps.roster.services import account_names, change_preview, leavers, merge
from apps.roster.services.import_conditions import FEW_LEAVERS, MAX_LEAVERS_PERCENT

MAX_SHOWN = 100  # names of each kind
MAX_CODE_CHANGES = 2000  # code changes and leavers: all must be seen by whoever approves them
KIND_LABELS = {"schools": "学校", "classes": "学級", "students": "生徒", "guardians": "保護者",
         "links": "続柄", "teachers": "教員"}  # fmt: skip
LAST_GRADES = ["E3", "P6", "J3", "H3"]  # of 幼稚園, 小学校, 中学校, 高等学校


@dataclass
class NamePreview:
    """The first names of a difference, from ``change_preview``."""

    kinds: dict = field(default_factory=dict)  # {kind: (new, changed, gone)}
    joiners: list = field(default_factory=list)
    leavers: list = field(default_factory=list)
    changed_students: list = field(default_factory=list)
    adults: list = field(default_factory=list)
    added_links: list = field(default_factory=list)
    removed_links: list = field(default_factory=list)
    switched_off: list = field(default_factory=list)
    code_changes: list = field(default_factory=list)


class ImportPlan:
    """The difference between a staged roster and the present people; ``apply`` writes it.

    ``answers`` are {answer_key: answer}; without an answer nobody gets what is
    another's. Computed once, in the transaction that staged the roster; counts and what
    ``load_preview`` loaded stay available after it.
    """

    def __init__(self, roster, answers=None):
        self.roster, self.now, self.shown = roster, clock.now(), NamePreview()
        self.municipality = Municipality.objects.filter(code=roster.municipality_code).first()
        of = self.municipality and self.municipality.pk
        self.questions = merge.compare_with_current(of, roster.school_year, answers or {})
        self.answers = valid_answers(self.questions, answers or {})
        self._counts = merge.change_counts()
        self.code_changes = merge.code_changes()
        self.loses_many = leavers.exceeds_leaver_limit(MAX_LEAVERS_PERCENT, FEW_LEAVERS)
        self.leavers_digest = leavers.leavers_digest() if self.loses_many else ""

    def counts(self):
        """{kind: {new, changed, gone, unchanged}}."""
        return self._counts

    @property
    def is_empty(self):
        """Whether the present people already match the roster."""
        return not any(n["new"] or n["changed"] or n["gone"] for n in self._counts.values())

    @property
    def unanswered(self):
        """The questions without an answer."""
        return [question for question in self.questions if question.key not in self.answers]

    @property
    def n_switched_off(self):
        """How many people the roster disables (enabledUser)."""
        return change_preview.count_disabled()

    def cases(self):
        """{case: {answer, or "open": how many}} of the questions, for the report."""
        found = {}
        for question in self.questions:
            of_case = found.setdefault(question.case.value, {})
            answer = str(self.answers.get(question.key, "open"))
            of_case[answer] = of_case.get(answer, 0) + 1
        return found

    @property
    def leavers_text(self):
        students, links = self._counts["students"]["gone"], self._counts["links"]["gone"]
        return f"生徒{students}人・続柄{links}件"

    # -- preview ---------------------------------------------------------------------------------

    def load_preview(self, most=MAX_SHOWN):
        """Load the first names of every kind of change; returns the plan itself."""
        year = self.roster.school_year
        most_gone = max(most, MAX_CODE_CHANGES) if self.loses_many else most
        self.shown = NamePreview(
            {
                kind: change_preview.changed_names(kind, merge.SENT_TABLES[kind], most)
                for kind in KIND_LABELS
            },
            change_preview.load_names("joiners", most),
            change_preview.load_names("leavers", most_gone, last=LAST_GRADES, year=year),
            change_preview.load_names("changed_students", most),
            change_preview.load_names("adults", most),
            change_preview.load_names("added_links", most),
            change_preview.load_names("removed_links", most_gone),
            change_preview.load_names("disabled", most),
            change_preview.load_names("code_changes", MAX_CODE_CHANGES),
        )
        return self

    def preview_rows(self):
        """[(kind label, counts, new, changed, gone)] with the names that ``load_preview`` loaded."""
        return [
            (words, self._counts[kind], *self.shown.kinds.get(kind, ((), (), ())))
            for kind, words in KIND_LABELS.items()
        ]

    # -- apply -----------------------------------------------------------------------------------

    def apply(self):
        """Write everything (inside the caller's transaction); returns the Municipality."""
        self.municipality = self.municipality or Municipality.objects.create(
            code=self.roster.municipality_code, name=self.roster.municipality_name
        )
        self._mark_left()
        frees = bool(self.questions)
        for kind in KIND_LABELS:
            n_written = self._counts[kind]["new"] + self._counts[kind]["changed"]
            if n_written:
                merge.write_changes(
                    kind, self.municipality.pk, self.roster.school_year, self.now, frees
                )
                merge.analyse_tables(kind, n_written)
        account_names.write_staged(self.municipality.pk)
        return self.municipality

    def _mark_left(self):
        if any(n["gone"] for n in self._counts.values()):
            merge.mark_left(self.now, clock.today())
