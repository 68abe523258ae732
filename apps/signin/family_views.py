"""Who is registered for a child: what the student and other guardians see, and the way out."""

from allauth.account.internal.flows.reauthentication import did_recently_reauthenticate
from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_safe

from apps.people.pin_proof import asks_for_pin
from apps.signin.account_pages import ask_again
from apps.signin.relation_words import RELATIONS
from apps.signin.services import family_told, own_ties

OBJECTED = "学校に伝えました。学校が確かめます。登録は、それまでそのままです。"
ENDED = "お子さんとの登録を終わらせました。"


@never_cache
@require_safe
@asks_for_pin
def my_guardians(request: HttpRequest) -> HttpResponse:
    """As what people are registered for this student: no names, nothing of what they may do."""
    student = getattr(request.user, "student", None)
    if student is None:
        raise Http404
    relations = [RELATIONS[each] for each in family_told.relations_of(student)]
    return render(request, "signin/my_guardians.html", {"relations": relations})


@never_cache
@require_http_methods(["GET", "POST"])
def object_to(request: HttpRequest, arrival_id, student_id) -> HttpResponse:
    """「心当たりがない」: a guardian tells the school; nothing else follows by itself."""
    told = family_told.registered_beside(request.user)
    line = next((t for t in told if (t.arrival.pk, t.student.pk) == (arrival_id, student_id)), None)
    if line is None:
        raise Http404
    if request.method == "POST":
        family_told.object_to(arrival_id, student_id, by=request.user)
        messages.success(request, OBJECTED)
        return redirect("portal:home")
    return render(request, "signin/objection.html", {"line": line})


@never_cache
@require_safe
def ties(request: HttpRequest) -> HttpResponse:
    """The children of this account, and the way to end a tie."""
    return render(request, "signin/ties.html", {"ties": own_ties.own_ties(request.user)})


@never_cache
@require_safe
def end_tie(request: HttpRequest, student_id) -> HttpResponse:
    """The question: what stops when this tie ends. Ending it is the next page."""
    return render(request, "signin/end_tie.html", {"tie": _tie_or_404(request, student_id)})


@never_cache
@require_http_methods(["GET", "POST"])
def end_tie_now(request: HttpRequest, student_id) -> HttpResponse:
    """Ends the tie of who has proved again who they are."""
    tie = _tie_or_404(request, student_id)
    if not did_recently_reauthenticate(request):
        return ask_again(request, request.path)
    if request.method == "POST":
        own_ties.end_own_tie(student_id, by=request.user)
        messages.success(request, ENDED)
        return redirect("portal:home")
    return render(request, "signin/end_tie_now.html", {"tie": tie})


def _tie_or_404(request, student_id):
    found = [tie for tie in own_ties.own_ties(request.user) if tie.student_id == student_id]
    if not found:
        raise Http404
    return found[0]
