"""たすけて ほしい・話したい: the student's pages. None of them needs consent."""

import uuid

from django.contrib import messages
from django.http import Http404
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from apps.consent.words import NOBODY, ROLES
from apps.helpline import services, tickets, wording
from apps.helpline.forms import AskForm
from apps.helpline.story import story_of
from apps.people.pin_proof import is_proved, proving_url


@require_GET
def start(request):
    """The danger question, before anything else."""
    _student(request)
    return render(request, "helpline/start.html")


@require_GET
def now(request):
    """In danger, or not sure: whom to reach at once."""
    _student(request)
    return render(request, "helpline/now.html")


@require_http_methods(["GET", "POST"])
def ask(request):
    """With whom to talk, and the truth about when somebody looks."""
    student = _student(request)
    duty = services.duty_of(student.school_id)
    if duty is None:  # nobody would look: no form, but the places that do
        return render(request, "helpline/not_here.html")
    listed = services.listed_people(duty)
    form = AskForm(request.POST if request.method == "POST" else None, listed=listed)
    if request.method == "POST" and form.is_valid():
        try:
            services.ask(student=student, **form.cleaned_data)
            return redirect("helpline:status")
        except services.NotOpen:  # switched off while the form was open
            return render(request, "helpline/not_here.html", status=409)
        except services.CannotMove as error:
            form.add_error("wanted", str(error))
    form_key = uuid.uuid4()
    context = {"form": form, "form_key": form_key, "secrecy": wording.SECRECY}
    context["ticket"] = tickets.issue(student.pk, form_key)
    context |= _hours(duty)
    context["promise"] = _promise(context, duty)
    return render(request, "helpline/ask.html", context, status=422 if form.is_bound else 200)


@require_GET
def status(request, pk=None):
    """What became of a wish (the latest, or one of the earlier): sent, told, seen, answered."""
    student = _student(request)
    mine = services.sent_by(student)
    wish = get_object_or_404(mine, pk=pk) if pk else mine.first()
    if wish is None:
        return redirect("helpline:start")
    is_halted, reads = services.is_halted(), is_proved(request.session, student)
    context = {"story": story_of(wish, student, is_halted=is_halted, reads=reads), "wish": wish}
    context |= {"reads": reads, "prove": proving_url(request.path)}
    context["halted"] = wording.HALTED if is_halted else []
    context["earlier"] = mine.exclude(pk=wish.pk)[: services.SHOWN_EARLIER]
    duty = services.duty_of(student.school_id)
    return render(request, "helpline/status.html", context | (_hours(duty) if duty else {}))


@require_POST
def cancel(request, pk):
    """The student takes the wish back; the PIN says that it is the student."""
    student = _student(request)
    wish = get_object_or_404(services.sent_by(student), pk=pk)
    if not is_proved(request.session, student):
        return redirect(proving_url(reverse("helpline:one", args=[pk])))
    try:
        services.cancel(wish, by=request.user)
    except services.CannotMove as error:
        if student.waits_for_proof:  # else the status page says what came first
            messages.warning(request, str(error))
    return redirect("helpline:one", pk)


def _promise(context, duty):
    """What happens after sending; while nobody is called by itself, that."""
    if context["halted"]:
        return context["halted"]
    return wording.promise(context["watcher"], duty.second_after, is_open=context["watch"].is_open)


def _hours(duty):
    role = services.watcher_of(duty)
    return {
        "halted": wording.HALTED if services.is_halted() else [],
        "watch": services.watch_of(duty),
        "watcher": ROLES.get(str(role), NOBODY)[1],
    }


def _student(request):
    student = getattr(request.user, "student", None)
    if student is None or not student.is_enrolled:
        raise Http404("only a student asks here")
    return student
