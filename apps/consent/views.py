"""The pages on which a guardian or the student decides, takes back, and sees who looked."""

import uuid

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import Http404
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_GET, require_http_methods

from apps.consent import pages, services
from apps.consent.drafts import Draft
from apps.consent.forms import OLD_PAGE, AnswerForm, CheckForm, CorrectionForm, SendForm
from apps.consent.models import Party, Purpose
from apps.consent.words import CHOICES
from apps.people.pin_proof import is_proved, proving_url

SEEN_A_PAGE = 20


@require_GET
def overview(request, student_id):
    """Every purpose of one student, with its state and what can be done about it."""
    student, party = _answering(request, student_id)
    lines = pages.lines(services.states_to_answer(student, request.user), party)
    ended = services.certificates_readable_by(request.user).filter(student=student)
    open_ones = [line for line in lines if line.is_open]
    context = {"student": student, "lines": lines, "open_ones": open_ones}
    context["certificates"] = [
        (row, pages.certificate(row, party, request.user)) for row in ended[:10]
    ]
    has_draft = bool(Draft(request.session, student.pk).answers)
    context["has_draft"] = has_draft and not student.is_informed_only
    return render(request, "consent/overview.html", pages.side(party) | context)


@require_http_methods(["GET", "POST"])
def ask(request, student_id, purpose):
    """One purpose: what it is, and the answer, kept in the draft until everything is sent.

    Who is informed only reads what it is, and is asked nothing.
    """
    student, party = _answering(request, student_id)
    states = services.states_to_answer(student, request.user)
    if student.is_informed_only and request.method == "GET":
        return _read(request, student, states, purpose, party)
    state = _state(states, purpose)
    draft = Draft(request.session, student.pk)
    form = AnswerForm(
        request.POST if request.method == "POST" else None,
        party=party,
        document=state.document,
        initial={
            "response": draft.answers.get(purpose) or _said(state),
            "then": "check" if request.GET.get("then") == "check" else "",
        },
    )
    if request.method == "POST" and form.is_valid():
        draft.put(purpose, form.cleaned_data["response"], state.document.pk)
        return redirect(*_after(states, draft, student, purpose, form.cleaned_data["then"]))
    services.note_shown([state.document], student, request.user)
    context = {"student": student, "state": state, "document": state.document, "form": form}
    context |= _progress(states, purpose) | {"without": pages.without(purpose, party)}
    context["line"] = pages.line_of(state, party)
    context |= {
        "changes": pages.what_changed(state, party),
        "is_looked_at": purpose != Purpose.EVALUATION,
    }
    status = 422 if form.is_bound else 200
    return render(request, "consent/ask.html", pages.side(party) | context, status=status)


@require_http_methods(["GET", "POST"])
def check(request, student_id):
    """All answers once more before they are sent; sending decides them in one go."""
    student, party = _answering(request, student_id)
    draft = Draft(request.session, student.pk)
    if student.is_informed_only:  # what they had begun to answer while they waited
        draft.clear()
        return redirect("consent:overview", student.pk)
    outdated = draft.drop_outdated(services.current_documents(student.municipality_id))
    siblings = services.siblings_asked_the_same(student, request.user, draft.answers)
    form = CheckForm(request.POST if request.method == "POST" else None, siblings=siblings)
    if request.method == "POST" and form.is_valid() and not outdated:
        done = _send(request, student, draft, form, party)
        if done:
            draft.clear()
            return redirect("consent:receipt", done.pk)
    if not draft.answers:
        return redirect("consent:overview", student.pk)
    context = {
        "student": student,
        "answers": pages.draft_answers(draft.answers, party),
        "form": form,
        "form_key": draft.form_key,
        "siblings": siblings,
        "outdated": outdated,
    }
    status = 422 if form.is_bound else 200
    return render(request, "consent/check.html", pages.side(party) | context, status=status)


@require_GET
def receipt(request, pk):
    """What was decided, when, and what follows; can be printed and kept."""
    found = get_object_or_404(services.receipts_readable_by(request.user), pk=pk)
    context = {
        "receipt": found,
        "child": pages.child_of(found),
        "decided_at": pages.when_exactly(found.decided_at, found.party),
        "answers": pages.receipt_answers(found),
        "what_next": pages.what_next(found),
        "what_stays": pages.what_stays(found),
        "may_go_on": services.students_answering(request.user).filter(pk=found.student_id).exists(),
    }
    knows = services.students_deciding(request.user).filter(pk=found.student_id).exists()
    context["certificates"] = found.certificates.all() if knows else []
    return render(request, "consent/receipt.html", pages.side(found.party) | context)


@require_http_methods(["GET", "POST"])
def withdraw(request, student_id, purpose):
    """Says what ends and what stays, then ends it: effective before the answer is sent."""
    student, party = _answering(request, student_id)
    state = _state(services.states_to_answer(student, request.user), purpose)
    form = SendForm(request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid():
        try:
            done = services.withdraw(
                student=student, actor=request.user, purpose=purpose, **form.cleaned_data
            )
            return redirect("consent:receipt", done.pk)
        except services.CannotDecide as error:
            form.add_error(None, pages.refusal(error, party))
    if request.method == "GET" and not state.may_withdraw:
        return redirect("consent:overview", student.pk)
    context = {"student": student, "state": state, "form": form, "form_key": uuid.uuid4()}
    context |= pages.withdrawal(state, party, student)
    status = 422 if form.is_bound else 200
    return render(request, "consent/withdraw.html", pages.side(party) | context, status=status)


@require_GET
def looked(request, student_id):
    """Who looked at this student's records, when and why; newest first."""
    student, party = _student(request, student_id)
    page = Paginator(services.looked_at(student, request.user), SEEN_A_PAGE).get_page(
        request.GET.get("page")
    )
    context = {"student": student, "page": page, "seen": pages.seen(page, party)}
    return render(request, "consent/looked.html", pages.side(party) | context)


@require_GET
def certificate(request, pk):
    """What was destroyed, when and why, and how many rows were deleted; can be printed."""
    found = get_object_or_404(services.certificates_readable_by(request.user), pk=pk)
    party = services.party_of(request.user, found.student)[0]
    context = {
        "certificate": found,
        "is_complete": services.is_complete(found),
        "is_late": services.is_late(found),
    }
    context |= pages.certificate(found, party, request.user)
    context |= {"student": found.student, "child": pages.child_of(found)}
    return render(request, "consent/certificate.html", pages.side(party) | context)


@require_http_methods(["GET", "POST"])
def correct(request, student_id):
    """Says that a record is wrong; shows what this person said before, and the answers."""
    student, party = _student(request, student_id)
    form = CorrectionForm(
        request.POST or None, party=party, initial={"about": request.GET.get("about")}
    )
    if request.method == "POST" and form.is_valid():
        try:
            services.ask_correction(student, actor=request.user, **form.cleaned_data)
            messages.success(request, pages.side(party)["w"].correct_sent)
            return redirect("consent:correct", student.pk)
        except services.CannotCorrect as error:
            form.add_error(None, pages.refusal(error, party))
    reads = party == Party.GUARDIAN or is_proved(request.session, student)
    mine = services.corrections_of(request.user, student) if reads else []
    context = {"student": student, "form": form, "form_key": uuid.uuid4()}
    context["prove"] = "" if reads else proving_url(request.path)
    context["mine"] = pages.corrections(mine, party)
    status = 422 if form.is_bound else 200
    return render(request, "consent/correct.html", pages.side(party) | context, status=status)


@require_GET
def paper(request, number):
    """Where the code on a printed form leads: the same questions, here."""
    found = services.paper_of_number(number, request.user)
    if found is None:
        raise Http404
    return redirect("consent:overview", found.student_id)


def _answering(request, student_id):
    """The student this person may answer about, and as whom; to everybody else a 404.

    ``student.is_informed_only``: they read, and are asked nothing. ``is_waited_for``: the school has not confirmed this person yet. Such a page shows of
    the child no more than the letter, and nothing but the texts and the person's own answers.
    """
    student = get_object_or_404(services.students_answering(request.user), pk=student_id)
    student.is_waited_for = services.is_waited_for(student, request.user)
    student.may_be_informed_only = services.may_be_informed_only(student, request.user)
    student.is_informed_only = services.is_informed_only(student, request.user)
    return student, services.answering_as(request.user, student)[0]


def _student(request, student_id):
    """The student this person may decide about, and as whom; to everybody else a 404."""
    student = get_object_or_404(services.students_deciding(request.user), pk=student_id)
    return student, services.party_of(request.user, student)[0]


def _read(request, student, states, purpose, party):
    """The words of one purpose without a question, for a guardian who is informed only."""
    state = next((s for s in states if s.purpose == purpose and s.document), None)
    if state is None:
        raise Http404
    services.note_shown([state.document], student, request.user)
    context = {"student": student, "document": state.document, "line": pages.line_of(state, party)}
    context["is_looked_at"] = purpose != Purpose.EVALUATION
    return render(request, "consent/read.html", pages.side(party) | context)


def _state(states, purpose):
    for state in states:
        if state.purpose == purpose and state.document and state.has_say:
            return state
    raise Http404


def _said(state):
    """The answer to the very same words, if there is one; nothing is chosen beforehand."""
    said = state.mine.response if state.mine and not state.asks_again else None
    return said if said in CHOICES else None


def _progress(states, purpose):
    """Where this question stands among the open ones, and the question before it."""
    open_ones = [state.purpose for state in states if state.is_open]
    if purpose not in open_ones:
        return {}
    at = open_ones.index(purpose)
    return {
        "number": at + 1,
        "total": len(open_ones),
        "before": open_ones[at - 1] if at else None,
        "steps": [i <= at for i in range(len(open_ones))],
    }


def _after(states, draft, student, purpose, then):
    """Where the next click leads: the next open purpose not yet answered, else the check."""
    names = [state.purpose for state in states]
    at = names.index(purpose)
    order = [*states[at + 1 :], *states[:at]]
    left = [s.purpose for s in order if s.is_open and s.purpose not in draft.answers]
    if left and then != "check":
        return "consent:ask", student.pk, left[0]
    return "consent:check", student.pk


def _send(request, student, draft, form, party):
    """The receipt, or None with the reason on the form. The same form twice is one receipt."""
    form_key = form.cleaned_data["form_key"]
    earlier = services.receipt_of_form(request.user, student, form_key)
    if earlier:
        return earlier
    try:
        if not draft.answers or form_key != draft.form_key:
            raise services.CannotDecide(OLD_PAGE)
        also = list(form.cleaned_data["also"])
        first, *_ = services.decide_for_all(
            students=[student, *also],
            actor=request.user,
            answers=draft.answers,
            form_key=form_key,
            read=draft.read,
        )
        for sibling in also:
            words = pages.side(party)["w"].also_done.format(sibling.full_name)
            messages.success(request, words)
        return first
    except services.CannotDecide as error:
        form.add_error(None, pages.refusal(error, party))
        return None
