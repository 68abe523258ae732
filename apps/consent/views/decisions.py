"""The pages on which a guardian or the student decides, and withdraws."""

import uuid

from django.contrib import messages
from django.http import Http404
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods

from apps.consent import pages, person_proofs
from apps.consent.answer_drafts import AnswerDraft
from apps.consent.forms.answers import AnswerForm, SubmitAnswersForm, SubmitForm
from apps.consent.models import Party, Purpose, Response
from apps.consent.services import certificates, decisions, paper_forms, purpose_status, respondents
from apps.consent.words import NOT_PROVED, PAGE_EXPIRED, PARTY_NAMES, RESPONSE_CHOICES
from apps.core.page_links import requested_page

CERTIFICATES_A_PAGE = 10


@require_GET
def overview(request, student_id):
    """Every purpose of one student, with its state and what can be done about it."""
    student, party = _answering(request, student_id)
    lines = pages.purpose_lines(respondents.statuses_to_answer(student, request.user), party)
    ended = certificates.certificates_readable_by(request.user).filter(student=student)
    page = requested_page(
        request, ended.prefetch_related("counts__guardian"), certificates.NEWEST_FIRST,
        CERTIFICATES_A_PAGE,
    )  # fmt: skip
    open_ones = [line for line in lines if line.is_open]
    context = {"student": student, "lines": lines, "open_ones": open_ones}
    context["certificates"] = [(row, pages.certificate_context(row)) for row in page.rows]
    context["page"] = page
    has_draft = bool(AnswerDraft(request.session, student.pk).answers)
    context["has_draft"] = has_draft and not student.is_informed_only
    context["not_proved"] = NOT_PROVED
    return render(request, "consent/overview.html", pages.party_context(party) | context)


@require_http_methods(["GET", "POST"])
def ask(request, student_id, purpose):
    """One purpose: what it is, and the answer, kept in the draft until everything is submitted.

    A guardian who is only informed reads it, and is asked nothing.
    """
    student, party = _answering(request, student_id)
    states = respondents.statuses_to_answer(student, request.user)
    if student.is_informed_only and request.method == "GET":
        return _read(request, student, states, purpose, party)
    state = _state(states, purpose)
    draft = AnswerDraft(request.session, student.pk)
    form = AnswerForm(
        request.POST if request.method == "POST" else None,
        party=party,
        document=state.document,
        initial={
            "response": draft.answers.get(purpose) or _answer_to_same_version(state),
            "then": "check" if request.GET.get("then") == "check" else "",
        },
    )
    if request.method == "POST" and form.is_valid():
        draft.put(purpose, form.cleaned_data["response"], state.document.pk)
        return redirect(*_after(states, draft, student, purpose, form.cleaned_data["then"]))
    purpose_status.record_shown_documents([state.document], student, request.user)
    context = {"student": student, "state": state, "document": state.document, "form": form}
    context |= _progress(states, purpose) | {"without": pages.without_consent_words(purpose)}
    context["line"] = pages.purpose_line(state, party)
    context |= {
        "changes": pages.document_changes(state, party),
        "is_looked_at": purpose != Purpose.EVALUATION,
    }
    status = 422 if form.is_bound else 200
    return render(request, "consent/ask.html", pages.party_context(party) | context, status=status)


@require_http_methods(["GET", "POST"])
def check(request, student_id):
    """All answers once more before they are submitted; submitting decides them together."""
    student, party = _answering(request, student_id)
    draft = AnswerDraft(request.session, student.pk)
    if student.is_informed_only:  # what they had begun to answer before they were confirmed
        draft.clear()
        return redirect("consent:overview", student.pk)
    outdated = draft.drop_outdated(purpose_status.current_documents(student.municipality_id))
    siblings = purpose_status.siblings_with_same_questions(student, request.user, draft.answers)
    form = SubmitAnswersForm(request.POST if request.method == "POST" else None, siblings=siblings)
    if request.method == "POST" and form.is_valid() and not outdated:
        done = _send(request, student, draft, form, party)
        if done:
            draft.clear()
            return redirect("consent:receipt", done.pk)
    if not draft.answers:
        return redirect("consent:overview", student.pk)
    context = {
        "student": student,
        "answers": pages.draft_answer_lines(draft.answers, party),
        "form": form,
        "form_key": draft.form_key,
        "siblings": siblings,
        "outdated": outdated,
        "proof": _missing_proof(request, student, party, draft),
    }
    status = 422 if form.is_bound else 200
    return render(
        request, "consent/check.html", pages.party_context(party) | context, status=status
    )


@require_GET
def receipt(request, pk):
    """What was decided, when, and what follows; can be printed and kept."""
    found = get_object_or_404(purpose_status.receipts_readable_by(request.user), pk=pk)
    context = {
        "receipt": found,
        "child": pages.child_name(found),
        "decided_as": PARTY_NAMES[found.party],
        "decided_at": pages.exact_moment_words(found.decided_at),
        "answers": pages.receipt_answer_lines(found),
        "what_next": pages.next_steps(found),
        "what_stays": pages.what_remains(found),
        "may_go_on": respondents.students_to_answer_for(request.user)
        .filter(pk=found.student_id)
        .exists(),
    }
    context["certificates"] = certificates.certificates_readable_by(request.user).filter(
        receipt=found
    )
    return render(request, "consent/receipt.html", pages.party_context(found.party) | context)


@require_http_methods(["GET", "POST"])
def withdraw(request, student_id, purpose):
    """Show what ends and what stays, then end it: effective before the response is sent."""
    student, party = _answering(request, student_id)
    state = _state(respondents.statuses_to_answer(student, request.user), purpose)
    form = SubmitForm(request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid():
        try:
            done = decisions.withdraw(
                student=student, actor=request.user, purpose=purpose, **form.cleaned_data
            )
            return redirect("consent:receipt", done.pk)
        except purpose_status.CannotDecide as error:
            form.add_error(None, pages.refusal_words(error, party))
    is_shown = state.may_withdraw or party == Party.GUARDIAN  # whatever the others answered
    if request.method == "GET" and not is_shown:
        return redirect("consent:overview", student.pk)
    context = {"student": student, "state": state, "form": form, "form_key": uuid.uuid4()}
    context |= pages.withdrawal_context(state, party, student)
    status = 422 if form.is_bound else 200
    return render(
        request, "consent/withdraw.html", pages.party_context(party) | context, status=status
    )


@require_GET
def certificate(request, pk):
    """What was destroyed, when and why, and how many rows were deleted; can be printed."""
    found = get_object_or_404(certificates.certificates_readable_by(request.user), pk=pk)
    context = {
        "certificate": found,
        "is_complete": certificates.is_certificate_complete(found),
        "is_late": certificates.is_certificate_overdue(found),
    }
    context |= pages.certificate_context(found) | pages.party_context(Party.STUDENT)
    return render(request, "consent/certificate.html", context | {"student": found.student})


@require_GET
def paper_form(request, number):
    """Where the code on a printed form leads: the same questions, online."""
    found = paper_forms.paper_form_by_number(number, request.user)
    if found is None:
        raise Http404
    return redirect("consent:overview", found.student_id)


def _answering(request, student_id):
    """The student this person may answer about, and as whom; 404 for everybody else.

    ``student.is_informed_only``: they read, and are asked nothing. ``is_waited_for``: the school
    has not confirmed this person yet. Such a page shows no more of the child than the letter did,
    and only the documents and the person's own answers.
    """
    student = get_object_or_404(respondents.students_to_answer_for(request.user), pk=student_id)
    student.awaits_confirmation = respondents.awaits_confirmation(student, request.user)
    if student.awaits_confirmation:
        student.shown_name = student.given_name
    student.may_be_informed_only = respondents.may_be_informed_only(student, request.user)
    student.is_informed_only = respondents.is_informed_only(student, request.user)
    return student, respondents.respondent_of(request.user, student)[0]


def _read(request, student, states, purpose, party):
    """One purpose's document without a question, for a guardian who is only informed."""
    state = next((s for s in states if s.purpose == purpose and s.document), None)
    if state is None:
        raise Http404
    purpose_status.record_shown_documents([state.document], student, request.user)
    context = {
        "student": student,
        "document": state.document,
        "line": pages.purpose_line(state, party),
    }
    context["is_looked_at"] = purpose != Purpose.EVALUATION
    return render(request, "consent/document.html", pages.party_context(party) | context)


def _state(states, purpose):
    for state in states:
        if state.purpose == purpose and state.document and state.may_decide:
            return state
    raise Http404


def _answer_to_same_version(state):
    """The answer to the very same document version, if there is one; nothing is preselected."""
    chosen = state.own_decision.response if state.own_decision and not state.is_outdated else None
    return chosen if chosen in RESPONSE_CHOICES else None


def _progress(states, purpose):
    """The position of this question among the open ones, and the question before it."""
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
    """Where the next click leads: the next open purpose not yet answered, else the check page."""
    names = [state.purpose for state in states]
    at = names.index(purpose)
    order = [*states[at + 1 :], *states[:at]]
    left = [s.purpose for s in order if s.is_open and s.purpose not in draft.answers]
    if left and then != "check":
        return "consent:ask", student.pk, left[0]
    return "consent:check", student.pk


def _missing_proof(request, student, party, draft):
    """The proof of the person that this guardian's first agreement needs, or None."""
    if party != Party.GUARDIAN or Response.GIVEN not in draft.answers.values():
        return None
    return person_proofs.missing_proof(request.user, student.municipality_id)


def _send(request, student, draft, form, party):
    """The receipt, or None with the reason on the form. The same form sent twice is one receipt."""
    form_key = form.cleaned_data["form_key"]
    earlier = purpose_status.receipt_for_form_key(request.user, student, form_key)
    if earlier:
        return earlier
    try:
        if not draft.answers or form_key != draft.form_key:
            raise purpose_status.CannotDecide(str(PAGE_EXPIRED))
        also = list(form.cleaned_data["also"])
        first, *_others = decisions.decide_for_all(
            students=[student, *also],
            actor=request.user,
            answers=draft.answers,
            form_key=form_key,
            read=draft.read,
        )
        for sibling in also:
            name = {"name": sibling.full_name}
            messages.success(request, _("%(name)s さんの分も受けつけました。") % name)
        return first
    except purpose_status.CannotDecide as error:
        form.add_error(None, pages.refusal_words(error, party))
        return None
