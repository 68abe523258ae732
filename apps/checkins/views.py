"""きょうの わたし: the student's own pages."""

import uuid

import orjson
from django.contrib import messages
from django.contrib.auth.decorators import login_not_required
from django.db import connection
from django.http import Http404, HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from apps.checkins import first_answer, forms, pages, sent_forms, services
from apps.checkins.services import deliveries
from apps.checkins.wording import PAUSED_BY_CITY, READERS, RHYTHMS
from apps.consent.services import is_paused_by_city, states_for
from apps.consent.words import standing_words
from apps.core.client_address import address_of
from apps.core.limits import LATER, allow
from apps.people.pin_proof import asks_for_pin

SPAN_DAYS = 14
SEEN_SHOWN = 3
CHOOSE = "どれか 1つを えらんで ください。"
CHOSEN = "｜回数《かいすう》を かえました。いつでも また かえられます。"
SENT = "｜送《おく》りました。"


@require_http_methods(["GET", "POST"])
def today(request, code="daily"):
    """All questions of one set, as one form; on a phone one question at a time."""
    student = _student(request)
    if request.method == "POST" and "client_key" in request.POST:
        return _submit(request, student, code)
    opening = services.open_form(student, code)
    if opening.key_id is None:
        return _closed(request, student)
    if opening.question_set is None:
        raise Http404("no questions are published")
    if request.method == "POST":
        return _begin(request, student, opening, code)
    value = first_answer.kept(request.session, student, code) if "begun" in request.GET else None
    said, start = pages.begun(opening.question_set, value)
    return _form(request, student, opening, said, start)


@require_GET
@never_cache
def done(request):
    """Thanks, a way to talk for who feels low or wants to, and what else may be answered.

    What depends on the answers stands there once, for the session that has just sent them.
    """
    student = _student(request)
    if not services.answered_today(student):
        return redirect("checkins:today")
    sent = sent_forms.take(request, student)
    answers = services.just_sent(student, sent) if sent else {}
    more = services.standing(student).more
    return render(request, "checkins/done.html", pages.thanks(answers) | {"more": more})


@require_http_methods(["GET", "POST"])
def rhythm(request):
    """How often the student wants to be asked."""
    student = _student(request)
    if request.method == "GET":
        context = {"chosen": services.rhythm_of(student), "rhythms": RHYTHMS}
        return render(request, "checkins/rhythm.html", context)
    try:
        services.choose_rhythm(student, request.POST.get("rhythm", ""))
    except ValueError:
        context = {"chosen": "", "rhythms": RHYTHMS, "problem": CHOOSE}
        return render(request, "checkins/rhythm.html", context, status=422)
    messages.success(request, CHOSEN)
    return redirect("portal:home")


@require_GET
@asks_for_pin
def days(request):
    """The student's own last two weeks, in words and a picture."""
    student = _student(request)
    if not services.is_offered(student):
        return _closed(request, student)
    own = services.own_days(student, SPAN_DAYS)
    context = pages.own_course(_current(student, "daily"), own, SPAN_DAYS)
    context["seen"] = pages.seen(services.seen_of(student, SPAN_DAYS)[:SEEN_SHOWN])
    return render(request, "checkins/days.html", context | pages.PICTURE)


@csrf_exempt  # no cookie is read: who answered stands in the ticket inside what was sealed
@login_not_required
@require_POST
def deliver(request):
    """Sealed answers that waited on a tablet, each answered by its own key and digest."""
    # No question whether the connection still lives: where it does not, the tablet asks again.
    connection.health_check_done = True
    if not allow("delivery", address_of(request)):
        return JsonResponse({"error": "too many deliveries"}, status=429, headers=LATER)
    try:
        entries = deliveries.read_delivery(request.body)
    except deliveries.Unreadable as error:
        return JsonResponse({"error": str(error)}, status=400)
    told = deliveries.answer_each(entries, services.deliver)
    return HttpResponse(orjson.dumps(told), content_type="application/json")


def _begin(request, student, opening, code):
    """The home page posts the first answer here; the form then has an address without it."""
    first = pages.first_code(opening.question_set)
    if first not in request.POST:
        return redirect(request.path)
    first_answer.keep(request.session, student, code, request.POST[first])
    return redirect(f"{request.path}?begun")


def _submit(request, student, code):
    try:
        sent = forms.read(request.POST)
    except forms.OldPage as error:
        return _once_more(request, student, _current(student, code), error)
    try:
        services.submit(
            student=student,
            question_set=sent.question_set,
            answers=sent.answers,
            client_key=sent.client_key,
        )
    except services.NotOffered:
        return _closed(request, student, status=409)
    except services.CannotSubmit as error:
        return _once_more(request, student, sent.question_set, error)
    first_answer.forget(request.session)
    if pages.wants_to_talk_now(sent.answers):
        messages.success(request, SENT)
        return redirect("helpline:start")
    return redirect(sent_forms.done_url(request, student, sent.client_key))


def _once_more(request, student, question_set, error):
    """The form with what was answered, and what was wrong with it."""
    opening = services.Opening(services.key_of(student), question_set)
    return _form(request, student, opening, request.POST, problem=str(error))


def _form(request, student, opening, said, start="", problem=""):
    question_set, client_key = opening.question_set, uuid.uuid4()
    context = {
        "question_set": question_set,
        "steps": pages.form(question_set, said, start),
        "client_key": client_key,
        "envelope": services.envelope(student, question_set, client_key, opening.key_id),
        "done_url": sent_forms.done_url(request, student, client_key),
        "readers": READERS,
        "problem": problem,
        "again": opening.again,
    }
    return render(request, "checkins/today.html", context, status=422 if problem else 200)


def _closed(request, student, status=200):
    """Why the check-in is not open, and where to answer."""
    states = states_for(student, request.user)
    why = next((s.why for s in states if s.purpose == services.PURPOSE), "not_offered")
    context = {"student": student, "why": standing_words(why, "student")[0]}
    if is_paused_by_city(student, services.PURPOSE):
        context["paused_words"] = PAUSED_BY_CITY
    context["may_answer"] = why in {"waiting_student", "waiting_both", "student_refused"}
    return render(request, "checkins/closed.html", context, status=status)


def _current(student, code):
    found = services.current_set(code, student.municipality_id)
    if found is None:
        raise Http404("no questions are published")
    return found


def _student(request):
    student = getattr(request.user, "student", None)
    if student is None or not student.is_enrolled:
        raise Http404("only a student checks in")
    return student
