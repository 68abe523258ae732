"""What the check-in pages show: questions as steps, own days as words and a picture."""

from dataclasses import dataclass
from datetime import timedelta
from functools import lru_cache

from django.template.loader import render_to_string
from django.utils.safestring import mark_safe

from apps.checkins import scoring
from apps.checkins.models import QuestionKind
from apps.checkins.services import TEXT_LIMIT
from apps.checkins.wording import SHORT, SMALL_STEPS
from apps.consent.words import NOBODY, ROLES
from apps.core.clock import today
from apps.vault.words import UNREADABLE

LOW_MOOD = scoring.HARD
NOW, TODAY = 3, 2  # answers to "talk"
PICTURE = {"width": 560, "height": 160}
ASIDE = ("talk", "words")  # not part of the table of own days


@dataclass(frozen=True)
class Step:
    """One question of the form. ``after`` and ``before`` are the ids of its neighbours."""

    question: object
    number: int
    id: str
    said: str
    is_first: bool
    total: int
    before: str = ""
    after: str = ""

    @property
    def progress(self):
        """For each question whether it is reached, as the page draws it."""
        return _progress(self.number, self.total)

    @property
    def asks_now(self):
        """The answer that leads to the danger question, or None."""
        return NOW if self.question.code == "talk" else None

    @property
    def is_text(self):
        return self.question.kind == QuestionKind.TEXT


@lru_cache(maxsize=256)
def _progress(number, total):
    done, still = '<li class="is-done"></li>' * number, "<li></li>" * (total - number)
    return mark_safe(done + still)


def steps(question_set, said, start=""):
    """The Steps of a set; ``said`` is what is filled in, ``start`` the code to begin with."""
    questions = list(question_set.questions.all())
    ids = [f"q-{question.code}" for question in questions]
    start = start if start in {question.code for question in questions} else questions[0].code
    return [
        Step(
            question=question,
            number=place + 1,
            id=ids[place],
            said=str(said.get(question.code, "")) if question.code in said else None,
            is_first=question.code == start,
            total=len(questions),
            before=ids[place - 1] if place else "",
            after=ids[place + 1] if place + 1 < len(ids) else "",
        )
        for place, question in enumerate(questions)
    ]


def form(question_set, said, start=""):
    """The questions as they stand in the page (HTML).

    It names nobody, so each variant is kept in memory; one that holds words of a student is not.
    """
    questions = list(question_set.questions.all())
    chosen = frozenset((q.code, said[q.code]) for q in questions if said.get(q.code) in _values(q))
    texts = (q.code for q in questions if q.kind == QuestionKind.TEXT)
    words = {(code, said[code]) for code in texts if said.get(code)}
    draw = _drawn if words else _kept_form
    return draw(question_set, chosen | words, start)


def _values(question):
    """What a form may send of a question that is chosen from; "" is 答えたくない."""
    if question.kind == QuestionKind.TEXT:
        return set()
    return {"", *(str(choice.value) for choice in question.choices.all())}


def _drawn(question_set, filled, start):
    context = {"steps": steps(question_set, dict(filled), start), "limit": TEXT_LIMIT}
    return mark_safe(render_to_string("checkins/_steps.html", context))


_kept_form = lru_cache(maxsize=64)(_drawn)


def first_code(question_set):
    """The code of the question that the home page asks."""
    return question_set.questions.all()[0].code


def begun(question_set, value):
    """What the home page already asked: ({code: value}, the code to go on with).

    ``value`` is None where it asked nothing.
    """
    questions = list(question_set.questions.all())
    first = questions[0]
    if value is not None and value in _values(first):
        return {first.code: value}, questions[1].code
    return {}, first.code


def wants_to_talk_now(answers):
    """Whether the danger question comes next."""
    return str(answers.get("talk", "")) == str(NOW)


def thanks(answers):
    """What the page after sending offers besides thanks."""
    return {
        "is_low": answers.get("mood", LOW_MOOD + 1) <= LOW_MOOD,
        "wants_talk": answers.get("talk", 0) >= TODAY,
        "small_steps": SMALL_STEPS,
    }


def seen(found):
    """[(day, role in the student's words)] of answers somebody has looked at."""
    return [(on, ROLES.get(role, NOBODY)[1]) for on, role in found]


def own_course(question_set, days, span, *, side=1):
    """The context of the page of own days: table, words and picture; ``side`` 0 is for staff."""
    shown = [q for q in question_set.questions.all() if q.code not in ASIDE]
    moods = {c.value: c.label for q in shown if q.code == "mood" for c in q.choices.all()}
    points = [
        scoring.Point(day.on, day.version, day.answers["mood"])
        for day in days
        if "mood" in day.answers
    ]
    first = today() - timedelta(span - 1)
    runs = scoring.lines(points, first=first, days=span, top=4, **PICTURE)
    return {
        "unreadable": UNREADABLE[side],
        "columns": [(_name(question), question) for question in shown],
        "days": [(day, _row(day, shown)) for day in days[::-1]],
        "trend": scoring.WORDS[scoring.trend(points)],
        "is_heavier": scoring.trend(points) == scoring.HEAVIER,
        "runs": [{"spots": run, "points": _joined(run)} for run in runs],
        "best": moods.get(max(moods, default=None), ""),
        "worst": moods.get(min(moods, default=None), ""),
        "levels": [PICTURE["height"] * n // 4 for n in range(5)],
    }


def _row(day, questions):
    """[(short name, Choice or None)] of one day."""
    return [(_name(q), _choice(q, day.answers.get(q.code))) for q in questions]


def _name(question):
    return SHORT.get(question.code, question.text)


def _choice(question, value):
    return next((c for c in question.choices.all() if c.value == value), None)


def _joined(run):
    return " ".join(f"{spot.x},{spot.y}" for spot in run)
