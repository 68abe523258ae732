"""Admin page of the self-help cards: what children would read, and who decides it."""

from django.contrib import admin, messages
from django.http import Http404
from django.shortcuts import get_object_or_404, redirect
from django.views.decorators.http import require_http_methods

from apps.core.languages import PageLanguage, speaking
from apps.notices.models import SelfHelpApproval
from apps.notices.services import self_help
from apps.notices.services.publication_rules import EDIT_VERB, PublicationRefused
from apps.people.admin_bases.pages import page
from apps.people.admin_bases.staff import ReadOnlyAdmin
from apps.people.models import Municipality
from apps.people.permissions import municipalities_where

DONE = {
    "propose": "スクールカウンセラーに確認をたのみました。確かめるまで、生徒には出ません。",
    "approve": "確かめました。生徒が読めます。",
    "withdraw": "取り下げました。生徒には出ません。",
}


@admin.register(SelfHelpApproval)
class SelfHelpApprovalAdmin(ReadOnlyAdmin):
    """One page for the cards of each municipality of this person."""

    view_verb = "notices.view"
    is_small = True
    list_display = ["__str__", "municipality", "proposed_at", "approved_at", "withdrawn_at"]
    list_select_related = ["municipality"]
    fields = ["municipality", "topic", "proposed_at", "approved_at", "withdrawn_at"]

    def get_queryset(self, request):
        own = municipalities_where(request.user, self.view_verb)
        return super().get_queryset(request).filter(municipality__in=own)

    def changelist_view(self, request, extra_context=None):
        return redirect("admin:notices_self_help")

    @page("cards/", "notices_self_help", require_http_methods(["GET", "POST"]))
    def cards_page(self, request):
        """Every card in the words of children, its state, and the buttons of this person."""
        if not self.has_view_permission(request):
            raise Http404
        own = municipalities_where(request.user, self.view_verb)
        if request.method == "POST":
            return self._act(request, own)
        cities = Municipality.objects.filter(pk__in=own).order_by("name")
        context = {"cities": [self._city(request.user, city) for city in cities]}
        title = "自分でできることのカード"
        return self.render_page(request, "admin/notices/self_help.html", title, context)

    def _city(self, user, city):
        may_approve = city.pk in municipalities_where(user, self_help.APPROVE_VERB)
        may_propose = city.pk in municipalities_where(user, EDIT_VERB)
        return {
            "city": city,
            "cards": [_in_words_of_children(state) for state in self_help.card_states(city.pk)],
            "may_propose": may_propose,
            "may_approve": may_approve,
            "may_withdraw": may_propose or may_approve,
        }

    def _act(self, request, own):
        verb = request.POST.get("verb", "")
        try:
            if verb == "propose":
                city = get_object_or_404(
                    Municipality, pk__in=own, code=request.POST.get("city", "")[:6]
                )
                self_help.propose_card(city, request.POST.get("topic", ""), by=request.user)
            elif verb in ("approve", "withdraw"):
                row = self._row(request, own)
                if verb == "approve":
                    self_help.approve_card(row, by=request.user, seen=request.POST.get("seen", ""))
                else:
                    self_help.withdraw_card(row, by=request.user)
            else:
                raise Http404
            messages.success(request, DONE[verb])
        except PublicationRefused as error:
            messages.error(request, str(error))
        return redirect("admin:notices_self_help")

    def _row(self, request, own):
        standing = SelfHelpApproval.objects.standing().filter(municipality__in=own)
        return get_object_or_404(
            standing,
            topic=request.POST.get("topic", "")[:10],
            municipality__code=request.POST.get("city", "")[:6],
        )


def _in_words_of_children(state):
    """A CardState with its sentences as children read them."""
    with speaking(PageLanguage.EASY):
        card = state.card
        words = [str(each) for each in (*card.steps, card.person)]
        return {"title": str(card.title), "words": words, "code": card.code, "state": state}
