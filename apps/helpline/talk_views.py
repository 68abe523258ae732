"""What a student writes back in a talk. The PIN is asked for before, as for reading it."""

from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.views.decorators.http import require_POST

from apps.helpline.forms import WriteBackForm
from apps.helpline.services import help_requests, talk, transitions
from apps.helpline.status_page import render_status
from apps.people.current_student import current_student
from apps.people.pin_reauthentication import is_reauthenticated, reauthentication_url


@require_POST
def write_back(request, pk):
    """Append what the student writes; what is refused stands on the page again."""
    student = current_student(request)
    help_request = get_object_or_404(help_requests.requests_of(student), pk=pk)
    form = WriteBackForm(request.POST)
    if not is_reauthenticated(request.session, student):
        return redirect(reauthentication_url(request.session, reverse("helpline:one", args=[pk])))
    if form.is_valid():
        told = form.cleaned_data
        reply_id = told.pop("reply")
        reply = get_object_or_404(help_request.replies, pk=reply_id) if reply_id else None
        try:
            talk.write_back(help_request, student=student, reply=reply, **told)
            return redirect("helpline:one", pk)
        except transitions.CannotChangeRequest as error:
            form.add_error("words", str(error))
    return render_status(request, student, help_request, form)
