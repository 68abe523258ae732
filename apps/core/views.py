"""Pages that belong to no room: health, and a refused form."""

from django.contrib.auth.decorators import login_not_required
from django.core.cache import cache
from django.db import connection
from django.http import HttpResponse
from django.shortcuts import render


def csrf_failure(request, reason=""):
    """The form was too old or from elsewhere; say so and offer the way back. Status 403."""
    return render(request, "core/csrf_failure.html", status=403)


@login_not_required
def healthz(request):
    """The process answers."""
    return HttpResponse("ok\n", content_type="text/plain")


@login_not_required
def readyz(request):
    """The database and the cache answer, else 503 with the names of those that do not."""
    failing = [name for name, probe in (("database", _database), ("cache", _cache)) if not probe()]
    body = "ready\n" if not failing else f"not ready: {', '.join(failing)}\n"
    return HttpResponse(body, status=503 if failing else 200, content_type="text/plain")


def _database():
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
        return True
    except Exception:
        return False


def _cache():
    try:
        cache.set("readyz", 1, 5)
        return cache.get("readyz") == 1
    except Exception:
        return False
