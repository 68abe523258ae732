"""What a staged roster would change: compared with the people of now, told, then written."""

from dataclasses import dataclass, field

from apps.core import clock
from apps.people.models import Municipality
from apps.signin import leavers, merging, showing
from apps.signin.roster.identities import known_answers
from apps.signin.services.conditions import FEW, MOST_GONE

MOST_SHOWN = 100  # names of each kind
MOST_CODES = 2000  # of codes that move, and of those who go: whoever confirms them sees them
KINDS = {"schools": "学校", "classes": "学級", "students": "生徒", "guardians": "保護者",
         "links": "続柄", "teachers": "教員"}  # fmt: skip
LAST_GRADES = ["E3", "P6", "J3", "H3"]  # of 幼稚園, 小学校, 中学校, 高等学校


@dataclass
class Shown:
    """The first names of a difference, as rows of ``signin.showing``."""

    kinds: dict = field(default_factory=dict)  # {kind: (new, changed, gone)}
    comers: list = field(default_factory=list)
    leavers: list = field(default_factory=list)
    moved: list = field(default_factory=list)
    adults: list = field(default_factory=list)
    more_ties: list = field(default_factory=list)
    fewer_ties: list = field(default_factory=list)
    switched_off: list = field(default_factory=list)
    code_moves: list = field(default_factory=list)


class Plan:
    """The difference between a staged roster and the people of now; ``apply`` writes it.

    ``said`` answers its questions ({Question.answered_as: answer}); without an answer nobody gets what is
    another's.

    Computed once, in the transaction in which the roster was staged; counts and what ``look``
    fetched are good after it.
    """

    def __init__(self, roster, said=None):
        self.roster, self.now, self.shown = roster, clock.now(), Shown()
        self.municipality = Municipality.objects.filter(code=roster.municipality_code).first()
        of = self.municipality and self.municipality.pk
        self.questions = merging.compare(of, roster.school_year, said or {})
        self.answers = known_answers(self.questions, said or {})
        self._counts = merging.counts()
        self.code_moves = merging.code_moves()
        self.loses_many = leavers.loses_many(MOST_GONE, FEW)
        self.gone_digest = leavers.gone_digest() if self.loses_many else ""

    def counts(self):
        """{kind: {new, changed, gone, unchanged}}."""
        return self._counts

    @property
    def is_empty(self):
        """Whether the people of now are already as the roster says."""
        return not any(n["new"] or n["changed"] or n["gone"] for n in self._counts.values())

    @property
    def unanswered(self):
        """The questions nobody has answered."""
        return [question for question in self.questions if question.key not in self.answers]

    @property
    def n_switched_off(self):
        """How many people of the roster may not sign in (enabledUser)."""
        return sum(row.n for row in showing.rows(showing.N_SWITCHED_OFF, 1))

    def cases(self):
        """{case: {answer, or "open": how many}} of the questions: what a report keeps of them."""
        found = {}
        for question in self.questions:
            of_case = found.setdefault(question.case.value, {})
            answer = str(self.answers.get(question.key, "open"))
            of_case[answer] = of_case.get(answer, 0) + 1
        return found

    @property
    def gone_words(self):
        students, links = self._counts["students"]["gone"], self._counts["links"]["gone"]
        return f"生徒{students}人・続柄{links}件"

    # -- looking --------------------------------------------------------------------------------

    def look(self, most=MOST_SHOWN):
        """Fetch the first names of every kind of change; returns the Plan."""
        year = self.roster.school_year
        most_gone = max(most, MOST_CODES) if self.loses_many else most
        self.shown = Shown(
            {kind: showing.names(kind, merging.SAID[kind], most) for kind in KINDS},
            showing.rows(showing.COMERS, most),
            showing.rows(showing.LEAVERS, most_gone, last=LAST_GRADES, year=year),
            showing.rows(showing.MOVED, most),
            showing.rows(showing.ADULTS, most),
            showing.rows(showing.MORE_TIES, most),
            showing.rows(showing.FEWER_TIES, most_gone),
            showing.rows(showing.SWITCHED_OFF, most),
            showing.rows(showing.CODE_MOVES, MOST_CODES),
        )
        return self

    def told(self):
        """[(kind in words, counts, new, changed, gone)] with the names that ``look`` fetched."""
        return [
            (words, self._counts[kind], *self.shown.kinds.get(kind, ((), (), ())))
            for kind, words in KINDS.items()
        ]

    # -- writing --------------------------------------------------------------------------------

    def apply(self):
        """Write everything (inside the caller's transaction); returns the Municipality."""
        self.municipality = self.municipality or Municipality.objects.create(
            code=self.roster.municipality_code, name=self.roster.municipality_name
        )
        self._let_go()
        frees = bool(self.questions)
        for kind in KINDS:
            n_written = self._counts[kind]["new"] + self._counts[kind]["changed"]
            if n_written:
                merging.write(kind, self.municipality.pk, self.roster.school_year, self.now, frees)
                merging.analyse(kind, n_written)
        return self.municipality

    def _let_go(self):
        if any(n["gone"] for n in self._counts.values()):
            merging.let_go(self.now, clock.today())
