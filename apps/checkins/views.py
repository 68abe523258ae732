"""A student's check-in pages (きょうの わたし)."""

import uuid

from django.contrib import messages
from django.contrib.auth.decorators import login_not_required
from django.db import connection
from django.http import Http404
from django.shortcuts import redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from apps.checkins import first_answer, forms, page_context, sent_forms
from apps.checkins.delivery_response import delivery_response
from apps.checkins.services import (
    form_context,
    frequencies,
    late_deliveries,
    question_sets,
    reading,
    staff_words,
    storage,
    submissions,
    withheld_words,
)
from apps.checkins.words import (
    CHOOSE_ONE,
    FREQUENCY_CHANGED,
    FREQUENCY_LABELS,
    PAUSED_BY_CITY,
    READERS,
    SENT,
    WORDS_SHOWN_AGAIN,
)
from apps.consent.services.purpose_status import is_paused_by_city, statuses_for
from apps.consent.words import effectiveness_words
from apps.people.current_student import current_student
from apps.people.pin_reauthentication import pin_required
from apps.people.services.outside_readers import is_offered

SPAN_DAYS = 14
SEEN_SHOWN = 3


@require_http_methods(["GET", "POST"])
def today(request, code="daily"):
    """All questions of one set, as one form; on a phone one question at a time."""
    student = current_student(request)
    if request.method == "POST" and "client_key" in request.POST:
        return _submit(request, student, code)
    opening = form_context.load_form_context(student, code)
    if opening.key_id is None:
        return _closed(request, student)
    if opening.question_set is None:
        raise Http404("no questions are published")
    if request.method == "POST":
        return _begin(request, student, opening, code)
    value = (
        first_answer.load_first_answer(request.session, student, code)
        if "begun" in request.GET
        else None
    )
    said, start = page_context.prefilled_answers(opening.question_set, value)
    return _form(request, student, opening, said, start)


@require_GET
@never_cache
def done(request):
    """Page after sending: thanks, a way to ask to talk, and what else may be answered.

    What depends on the answers is shown once, to the session that has just sent them.
    """
    student = current_student(request)
    if not submissions.answered_today(student):
        return redirect("checkins:today")
    form = sent_forms.take_sent_form(request, student)
    sent = reading.just_sent(student, form) if form else None
    if sent and page_context.is_hard(sent):
        return render(request, "checkins/hard_answer.html")
    more = frequencies.asking_status(student).more
    return render(request, "checkins/done.html", page_context.thanks_context(sent) | {"more": more})


@require_http_methods(["GET", "POST"])
def frequency(request):
    """How often the student wants to be asked."""
    student = current_student(request)
    if request.method == "GET":
        context = {"chosen": frequencies.frequency_of(student), "frequencies": FREQUENCY_LABELS}
        return render(request, "checkins/frequency.html", context)
    try:
        frequencies.choose_frequency(student, request.POST.get("frequency", ""))
    except ValueError:
        context = {"chosen": "", "frequencies": FREQUENCY_LABELS, "problem": CHOOSE_ONE}
        return render(request, "checkins/frequency.html", context, status=422)
    messages.success(request, str(FREQUENCY_CHANGED))
    return redirect("portal:home")


@require_GET
@pin_required
def days(request):
    """The student's own last two weeks, as text and chart."""
    student = current_student(request)
    if not submissions.is_offered(student):
        return _closed(request, student)
    own = reading.own_days(student, SPAN_DAYS)
    context = page_context.own_days_context(_current(student, "daily"), own, SPAN_DAYS)
    context["keeps_words"] = withheld_words.keeps_words_from_somebody(student)
    context["staff_words"] = page_context.staff_words_in_words(staff_words.read_words(student))
    context["seen"] = page_context.seen_in_words(
        reading.first_views_of(student, SPAN_DAYS)[:SEEN_SHOWN]
    )
    context["words_seen"] = page_context.words_seen_in_words(
        withheld_words.words_seen_of(student, SPAN_DAYS)
    )
    return render(request, "checkins/days.html", context | page_context.CHART_SIZE)


@require_POST
@pin_required
def show_words(request):
    """From now on the student's words are kept from nobody; behind the PIN."""
    withheld_words.show_words_again(current_student(request))
    messages.success(request, str(WORDS_SHOWN_AGAIN))
    return redirect("checkins:days")


@csrf_exempt  # no cookie is read: the encrypted ticket says who answered
@login_not_required
@require_POST
def deliver(request):
    """Accept encrypted answers from a tablet; the result of each by its key and digest."""
    # No check whether the database connection is alive: where it is not, the tablet tries again.
    connection.health_check_done = True
    return delivery_response(request, late_deliveries.deliver_items)


def _begin(request, student, opening, code):
    """Take the first answer posted by the home page; the form then has a URL without it."""
    first = page_context.first_question_code(opening.question_set)
    if first not in request.POST:
        return redirect(request.path)
    first_answer.store_first_answer(request.session, student, code, request.POST[first])
    return redirect(f"{request.path}?begun")


def _submit(request, student, code):
    try:
        sent = forms.read_submission(request.POST)
    except forms.PageTooOld as error:
        return _once_more(request, student, _current(student, code), error)
    try:
        submissions.submit(
            student=student,
            question_set=sent.question_set,
            answers=sent.answers,
            client_key=sent.client_key,
            keeps_out=withheld_words.take_keeps_out(sent.kept_fields),
        )
    except storage.CheckInNotOffered:
        return _closed(request, student, status=409)
    except submissions.CannotKeepOut:
        return _without_words(request, student, sent)
    except storage.CannotSubmitCheckIn as error:
        return _once_more(request, student, sent.question_set, error)
    first_answer.clear_first_answer(request.session)
    if page_context.wants_to_talk_now(sent.answers):
        messages.success(request, str(SENT))
        return redirect("helpline:start")
    return redirect(sent_forms.done_url(request, student, sent.client_key))


def _once_more(request, student, question_set, error):
    """The form again, with the answers and the errors."""
    opening = form_context.FormContext(late_deliveries.storage_key_id(student), question_set)
    return _form(request, student, opening, request.POST, problem=str(error))


def _without_words(request, student, sent):
    """The form again, without the words that nobody outside the school can read any more."""
    key_id = late_deliveries.storage_key_id(student)
    opening = form_context.FormContext(key_id, sent.question_set)
    answers = page_context.without_texts(sent.question_set, sent.answers)
    return _form(request, student, opening, answers, cannot_keep_out=True)


def _form(request, student, opening, said, start="", problem="", *, cannot_keep_out=False):
    question_set, client_key = opening.question_set, uuid.uuid4()
    keeps_out = page_context.has_text(question_set) and is_offered(student)
    is_again = bool(problem) or cannot_keep_out
    context = {
        "question_set": question_set,
        "steps": page_context.form_html(question_set, said, start, keeps_out=keeps_out),
        "is_again": is_again,
        "cannot_keep_out": cannot_keep_out,
        "client_key": client_key,
        "envelope": late_deliveries.sealing_envelope(
            student, question_set, client_key, opening.key_id
        ),
        "done_url": sent_forms.done_url(request, student, client_key),
        "readers": READERS,
        "problem": problem,
        "again": opening.again,
    }
    return render(request, "checkins/today.html", context, status=422 if is_again else 200)


def _closed(request, student, status=200):
    """Page that says why the check-in is not open."""
    states = statuses_for(student, request.user)
    why = next((s.why for s in states if s.purpose == storage.PURPOSE), "not_offered")
    context = {"student": student, "why": effectiveness_words(why, "student")[0]}
    if is_paused_by_city(student, storage.PURPOSE):
        context["paused_words"] = PAUSED_BY_CITY
    context["may_answer"] = why in {"waiting_student", "waiting_both", "student_refused"}
    return render(request, "checkins/closed.html", context, status=status)


def _current(student, code):
    found = question_sets.current_question_set(code, student.municipality_id)
    if found is None:
        raise Http404("no questions are published")
    return found
