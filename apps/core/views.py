"""The health check."""

from django.contrib.auth.decorators import login_not_required
from django.http import HttpResponse


@login_not_required
def healthz(request):
    """200 while the process answers."""
    return HttpResponse("ok\n", content_type="text/plain")
