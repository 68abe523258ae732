"""「この保護者が来たことを確かめる」: one list, ticked by name, each on record."""

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.http import Http404
from django.shortcuts import redirect, render
from django.urls import path
from django.views.decorators.cache import never_cache

from apps.people.doors import RecordDoor
from apps.people.permissions import may
from apps.signin import services
from apps.signin.models import GuardianArrival

VERB = "arrivals.confirm"
NOBODY = "だれも選ばれていません。"
CONFIRMED = "{names} を確かめました。お子さんのことが見られます。"
ONE_MORE = "{names} を確かめました。もう一人、ちがう立場の人が確かめると入れます。"
REFUSED = "{names} の登録を取り消しました。この人は入れません。新しい手紙は、印刷すると作れます。"


@admin.register(GuardianArrival)
class GuardianArrivalAdmin(RecordDoor):
    """Who came by a letter; nobody confirms what they printed themselves."""

    view_verb = VERB
    list_display = ["arrived_at", "guardian", "state", "ended_at"]
    list_filter = ["state"]
    list_select_related = ["guardian"]
    fields = readonly_fields = ["guardian", "arrived_at", "state", "ended_at"]
    change_list_template = "admin/signin/arrival_list.html"

    def get_queryset(self, request):
        known = services.arrivals_known_to(request.user).values("pk")
        return super().get_queryset(request).filter(pk__in=known)

    def has_view_permission(self, request, obj=None):
        return may(request.user, VERB)  # which rows: get_queryset

    def get_urls(self):
        view = never_cache(self.admin_site.admin_view(self.waiting))
        return [path("waiting/", view, name="signin_arrivals"), *super().get_urls()]

    def waiting(self, request):
        """All who wait for this person's word, by name; a POST decides about the ticked ones."""
        if not may(request.user, VERB):
            raise PermissionDenied("保護者の登録を確かめる立場ではありません。")
        if request.method == "POST":
            _decide(request)
            return redirect("admin:signin_arrivals")
        rows = [_row(arrival, request.user) for arrival in _waiting(request)]
        context = {
            **self.admin_site.each_context(request),
            "title": "この保護者が来たことを確かめる", "rows": rows,
        }  # fmt: skip
        return render(request, "admin/signin/arrivals.html", context)


def _waiting(request):
    return services.arrivals_waiting_for(request.user)


def _row(arrival, user):
    return {
        "arrival": arrival,
        "tick": f"{arrival.pk}.{services.seen_of(arrival, user)}",
        "children": services.children_shown(arrival, user),
        "n_said": len(arrival.confirmations.all()),
    }


def _decide(request):
    """Every one stands alone: what is refused of one does not undo the others."""
    verb = request.POST.get("verb")
    if verb not in ("confirm", "refuse"):
        raise Http404("no such verb")
    act = services.confirm_arrival if verb == "confirm" else services.refuse_arrival
    known = {str(each.pk): each for each in services.arrivals_known_to(request.user)}
    ticks = (tick.partition(".") for tick in dict.fromkeys(request.POST.getlist("arrival")))
    done = [
        _one(request, act, known[pk], seen) for pk, _, seen in ticks if pk in known
    ]  # fmt: skip
    if not done:
        messages.warning(request, NOBODY)
    else:
        _tell(request, [arrival for arrival in done if arrival is not None], verb)


def _one(request, act, arrival, seen):
    try:
        return act(arrival, by=request.user, seen=seen)
    except services.CannotConfirm as error:
        messages.error(request, f"{arrival.guardian.full_name}: {error}")
        return None


def _tell(request, done, verb):
    if verb == "refuse":
        groups = [(REFUSED, done)]
    else:
        groups = [
            (CONFIRMED, [each for each in done if not each.is_waiting]),
            (ONE_MORE, [each for each in done if each.is_waiting]),
        ]
    for sentence, found in groups:
        if found:
            names = "、".join(each.guardian.full_name for each in found)
            messages.success(request, sentence.format(names=names))
