"""Asking how the portal works, with and without being signed in, and one's own questions."""

from django.contrib import messages
from django.contrib.auth.decorators import login_not_required
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_safe

from apps.core.client_address import address_of
from apps.helpdesk.question_forms import SupportQuestionForm, new_form_key
from apps.helpdesk.services import questions, reply_mails
from apps.notices.reader_city import municipality_of_reader
from apps.people.account_kinds import group_of_account
from apps.people.pin_reauthentication import is_reauthenticated, pin_required


@login_not_required
@never_cache
@require_http_methods(["GET", "POST"])
def ask(request):
    """The question form; open to everybody."""
    user = request.user if request.user.is_authenticated else None
    group = group_of_account(user) if user else ""
    city = _municipality(request, user)
    form = SupportQuestionForm(
        request.POST if request.method == "POST" else None,
        group=group,
        schools=questions.schools_to_choose(city),
        needs_school=city is None,
        may_mail=bool(questions.confirmed_mail_of(user)),
    )
    if request.method == "POST" and form.is_valid():
        asker = questions.Asker(user, city, address_of(request))
        try:
            if not form.is_from_a_program:
                questions.ask_question(asker, **form.asked())
            return redirect(_page_after(request, user))
        except questions.CannotAskHelpdesk as error:
            form.add_error(None, str(error))
    context = {"form": form, "side": group or "open", "form_key": new_form_key()}
    return render(request, "helpdesk/ask.html", context, status=422 if form.is_bound else 200)


@login_not_required
@require_safe
def asked(request):
    """After sending without being signed in; the same for everybody, nothing is looked up."""
    return render(request, "helpdesk/asked.html", {"side": "open"})


@never_cache
@require_safe
@pin_required
def own(request):
    """What this person asked, and the replies; a student's behind the PIN."""
    student = getattr(request.user, "student", None)
    since = student and student.closed_before
    found = list(questions.own_questions(request.user, since)[: questions.OWN_SHOWN])
    context = {"questions": found, "side": group_of_account(request.user)}
    answer = render(request, "helpdesk/questions.html", context)
    questions.mark_replies_read(request.user, since)
    return answer


@login_not_required
@never_cache
@require_http_methods(["GET", "POST"])
def confirm_mail(request, token):
    """The link of the mail: a button, because programs open links too."""
    question_id = reply_mails.question_of_token(token)
    if request.method == "POST" and question_id is not None:
        if questions.confirm_mail(question_id) is not None:
            messages.success(request, _("メールアドレスを確かめました。返事はメールで届きます。"))
            return redirect("helpdesk:guide")
        question_id = None
    context = {"is_valid": question_id is not None, "token": token, "side": "open"}
    return render(request, "helpdesk/confirm_mail.html", context)


def _page_after(request, user):
    """The page after sending: the own questions, where they open without being asked for the PIN."""
    student = getattr(user, "student", None)
    is_open = user and (student is None or is_reauthenticated(request.session, student))
    return "helpdesk:questions" if is_open else "helpdesk:asked"


def _municipality(request, user):
    """The municipality of the person, or the one there is; None where a visitor must choose."""
    if user is not None and user.current_posts:
        return user.current_posts[0].municipality
    return municipality_of_reader(request)
