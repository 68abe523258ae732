"""The one address of floor A."""

from django.contrib.auth.decorators import login_required
from django.db import transaction
from django.http import HttpResponse
from django.shortcuts import redirect
from django.urls import path

from bench.floor_a.models import Answer

CODES = ("mood", "body", "sleep", "talk", "words")


@login_required
def checkin(request):
    """Session, user, CSRF token, one insert, one redirect."""
    with transaction.atomic():
        Answer.objects.create(
            user=request.user,
            client_key=request.POST["client_key"],
            body={code: request.POST.get(code, "") for code in CODES},
        )
    return redirect("/checkin/done/")


urlpatterns = [
    path("checkin/", checkin),
    path("healthz", lambda request: HttpResponse("ok")),
]
