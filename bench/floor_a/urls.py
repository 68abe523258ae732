"""The URLs of floor A."""

from django.contrib.auth import authenticate, login
from django.contrib.auth.decorators import login_required
from django.db import transaction
from django.http import HttpResponse
from django.shortcuts import redirect
from django.template import Engine, RequestContext
from django.template.context_processors import csrf
from django.urls import path
from django.views.decorators.csrf import csrf_exempt

from bench.floor_a.models import BaselineAnswer

CODES = ("mood", "body", "sleep", "talk", "words")


@login_required
def checkin(request):
    """Session, user, CSRF token, one insert, one redirect."""
    with transaction.atomic():
        BaselineAnswer.objects.create(
            user=request.user,
            client_key=request.POST["client_key"],
            body={code: request.POST.get(code, "") for code in CODES},
        )
    return redirect("/checkin/done/")


@csrf_exempt
def sign_in(request):
    """Django's own sign-in by name and password: hash, session, redirect."""
    user = authenticate(request, username=request.POST["name"], password=request.POST["password"])
    if user is None:
        return HttpResponse(status=403)
    login(request, user)
    return redirect("/")


FORM = Engine().from_string(
    """<!doctype html><html lang="ja"><title>form</title><form method="post">{% csrf_token %}
    <p>{{ user.username }}</p>
    {% for code in codes %}<fieldset><legend>{{ code }}</legend>{% for n in values %}
    <label><input type="radio" name="{{ code }}" value="{{ n }}">{{ n }}</label>{% endfor %}
    </fieldset>{% endfor %}<button>send</button></form></html>"""
)


@login_required
def form(request):
    """The same questions as one bare form: session, user, CSRF token, one template."""
    context = RequestContext(request, {"codes": CODES, "values": range(5), "user": request.user})
    context.update(csrf(request))
    return HttpResponse(FORM.render(context))


urlpatterns = [
    path("sign-in/", sign_in),
    path("checkin/form/", form),
    path("checkin/", checkin),
    path("healthz", lambda request: HttpResponse("ok")),
]
