"""Pages that belong to no room: health, and a refused form."""

from django.contrib.auth.decorators import login_not_required
from django.http import HttpResponse
from django.shortcuts import render


def csrf_failure(request, reason=""):
    """The form was too old or from elsewhere; say so and offer the way back. Status 403."""
    return render(request, "core/csrf_failure.html", status=403)


@login_not_required
def healthz(request):
    """The process answers."""
    return HttpResponse("ok\n", content_type="text/plain")
