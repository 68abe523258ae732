"""Template contexts of the check-in pages."""

from dataclasses import dataclass
from datetime import timedelta
from functools import lru_cache

from django.template.loader import render_to_string
from django.utils.safestring import mark_safe
from django.utils.translation import get_language

from apps.checkins import low_answers, trend_rules
from apps.checkins.models import QuestionKind
from apps.checkins.services.submissions import TEXT_LIMIT
from apps.checkins.services.withheld_words import KEEPS_OUT_FIELD, KEPT_WORDS_FIELD
from apps.checkins.shipped_questions import in_page_language
from apps.checkins.talk_answers import TALK_NOW, TALK_QUESTION, wants_to_talk_today
from apps.checkins.words import OUTSIDE_SCHOOL, SHORT_NAMES, TREND_WORDS
from apps.consent.words import STUDENT, role_name
from apps.core.clock import today
from apps.vault.words import UNREADABLE, content_words

CHART_SIZE = {"width": 560, "height": 160}
UNCHARTED_QUESTIONS = (TALK_QUESTION, "words")  # left out of the table of own days


@dataclass(frozen=True)
class QuestionStep:
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
        """For each question whether it is reached, for the progress bar."""
        return _progress(self.number, self.total)

    @property
    def asks_now(self):
        """The answer that leads to the danger question, or None."""
        return TALK_NOW if self.question.code == TALK_QUESTION else None

    @property
    def is_text(self):
        return self.question.kind == QuestionKind.TEXT


@lru_cache(maxsize=256)
def _progress(number, total):
    done, still = '<li class="is-done"></li>' * number, "<li></li>" * (total - number)
    return mark_safe(done + still)


def question_steps(question_set, said, start=""):
    """The QuestionSteps of a set; ``said`` are answers filled in, ``start`` the first code."""
    questions = list(question_set.questions.all())
    ids = [f"q-{question.code}" for question in questions]
    start = start if start in {question.code for question in questions} else questions[0].code
    return [
        QuestionStep(
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


def has_text(question_set):
    """Whether something may be written."""
    return any(question.kind == QuestionKind.TEXT for question in question_set.questions.all())


def without_texts(question_set, said):
    """The answers without what was written."""
    texts = {q.code for q in question_set.questions.all() if q.kind == QuestionKind.TEXT}
    return {code: value for code, value in said.items() if code not in texts}


def form_html(question_set, said, start="", *, keeps_out=False):
    """The questions as HTML; with ``keeps_out`` staff may be named who are not to see the text.

    Each variant without a student's own text is cached in memory, by language.
    """
    questions = list(question_set.questions.all())
    chosen = frozenset((q.code, said[q.code]) for q in questions if said.get(q.code) in _values(q))
    texts = (q.code for q in questions if q.kind == QuestionKind.TEXT)
    own_fields = (*texts, *((KEEPS_OUT_FIELD, KEPT_WORDS_FIELD) if keeps_out else ()))
    words = {(code, said[code]) for code in own_fields if said.get(code)}
    draw = _rendered if words else _cached_form
    return draw(question_set, chosen | words, start, get_language(), keeps_out)


def _values(question):
    """The values a form may send for a question with choices; "" is 答えたくない."""
    if question.kind == QuestionKind.TEXT:
        return set()
    return {"", *(str(choice.value) for choice in question.choices.all())}


def _rendered(question_set, filled, start, language, keeps_out):
    said = dict(filled)
    steps = question_steps(question_set, said, start)
    texts = [step.id for step in steps if step.is_text]
    context = {
        "steps": steps,
        "limit": TEXT_LIMIT,
        "keeps_out_at": texts[-1] if keeps_out and texts else None,
        "keeps_out": said.get(KEEPS_OUT_FIELD),
        "kept_words": said.get(KEPT_WORDS_FIELD, ""),
    }
    return mark_safe(render_to_string("checkins/_steps.html", context))


_cached_form = lru_cache(maxsize=64)(_rendered)


def first_question_code(question_set):
    """The code of the question on the home page."""
    return question_set.questions.all()[0].code


def prefilled_answers(question_set, value):
    """What was answered on the home page: ({code: value}, the code to continue with).

    ``value`` is None where nothing was answered.
    """
    questions = list(question_set.questions.all())
    first = questions[0]
    if value is not None and value in _values(first):
        return {first.code: value}, questions[1].code
    return {}, first.code


def wants_to_talk_now(answers):
    """Whether the danger question comes next."""
    return str(answers.get(TALK_QUESTION, "")) == str(TALK_NOW)


def is_hard(sent):
    """Whether one of the SentAnswers is low: then the page after it is the calm one."""
    return bool(low_answers.low_codes(sent.answers, sent.tops))


def thanks_context(sent):
    """Template context of the page after sending; without answers nothing is said about them."""
    answers = sent.answers if sent else {}
    return {
        "is_known": bool(answers),
        "wants_talk": wants_to_talk_today(answers),
    }


def seen_in_words(found):
    """[(day, role in the student's words)] of answers staff have opened."""
    return [(on, role_name(role, STUDENT)) for on, role in found]


def staff_words_in_words(found):
    """[(day of the answer, role in the student's words, text)] of words of staff."""
    return [
        (row.answered_on, role_name(row.written_role, STUDENT), content_words(content))
        for row, content in found
    ]


def words_seen_in_words(found):
    """[(day, [who in the student's words])] of words kept from somebody that others have opened."""
    return [
        (
            on,
            [*([OUTSIDE_SCHOOL] if outside else []), *(role_name(role, STUDENT) for role in roles)],
        )
        for on, outside, roles in found
    ]


def own_days_context(question_set, days, span):
    """Template context of a student's own days: table, text and chart."""
    shown = [q for q in question_set.questions.all() if q.code not in UNCHARTED_QUESTIONS]
    moods = {c.value: c.label for q in shown if q.code == "mood" for c in q.choices.all()}
    points = [
        trend_rules.AnswerPoint(day.on, day.version, day.answers["mood"])
        for day in days
        if "mood" in day.answers
    ]
    first = today() - timedelta(span - 1)
    runs = trend_rules.chart_lines(points, first=first, days=span, top=4, **CHART_SIZE)
    return {
        "unreadable": str(UNREADABLE),
        "columns": [(_name(question), question) for question in shown],
        "days": [(day, _row(day, shown)) for day in days[::-1]],
        "trend": TREND_WORDS[trend_rules.trend(points)],
        "is_heavier": trend_rules.trend(points) == trend_rules.HEAVIER,
        "runs": [{"spots": run, "points": _joined(run)} for run in runs],
        "best": moods.get(max(moods, default=None), ""),
        "worst": moods.get(min(moods, default=None), ""),
        "levels": [CHART_SIZE["height"] * n // 4 for n in range(5)],
    }


def _row(day, questions):
    """[(short name, Choice or None)] of one day."""
    return [(_name(q), _choice(q, day.answers.get(q.code))) for q in questions]


def _name(question):
    name = SHORT_NAMES.get(question.code)
    return in_page_language(question.text) if name is None else str(name)


def _choice(question, value):
    return next((c for c in question.choices.all() if c.value == value), None)


def _joined(run):
    return " ".join(f"{spot.x},{spot.y}" for spot in run)
