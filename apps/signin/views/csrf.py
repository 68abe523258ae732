"""The page for a form whose CSRF token is out of date; status 403."""

from django.shortcuts import render
from django.urls import reverse

from apps.audit.models import SecurityKind
from apps.signin import unsent_forms, unsent_forms_middleware


def csrf_failure(request, reason=""):
    """Say that the form was too old or from elsewhere, and store what its user typed."""
    request.security_kind = SecurityKind.CSRF_REFUSED
    key = unsent_forms_middleware.store_posted_form(request)
    form = unsent_forms.find_form(key) if key else None
    is_in = request.user.is_authenticated
    back = form.page if form else ""
    if form and not is_in:
        back = reverse("account_login")  # the form leads on to its page (unsent_forms_middleware)
    context = {"back": back, "is_in": is_in}
    response = render(request, "core/csrf_failure.html", context, status=403)
    if key:
        unsent_forms_middleware.set_form_key(request, response, key)
    return response
