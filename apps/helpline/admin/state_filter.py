"""Which help requests the list opens on: those that wait."""

from apps.helpline.models import UNSEEN_FIRST_ORDER, HelpState
from apps.people.admin_bases.paged_lists import DefaultListFilter

OPEN, WROTE, ALL = "open", "wrote", "all"
ENDED_STATES = (HelpState.ANSWERED, HelpState.CLOSED, HelpState.CANCELLED)


class HelpStateFilter(DefaultListFilter):
    """Those without a reply; those written in again; those of one state; all."""

    title, parameter_name = "状態", "state"

    def lookups(self, request, model_admin):
        ended = [(state.value, state.label) for state in ENDED_STATES]
        waits = [(OPEN, "返事を待っている"), (WROTE, "生徒がまた書いた")]
        return [*waits, *ended, (ALL, "すべて")]

    def queryset(self, request, queryset):
        if self.chosen == OPEN:
            return queryset.open()
        if self.chosen == WROTE:
            return queryset.exclude(wrote_at=None)
        return queryset if self.chosen == ALL else queryset.filter(state=self.chosen)


def list_order(request):
    """Who waits: unopened first, the longest waiting above; otherwise the newest first."""
    if request.GET.get(HelpStateFilter.parameter_name) in (*ENDED_STATES, ALL):
        return ["-sent_at", "-pk"]
    if request.GET.get(HelpStateFilter.parameter_name) == WROTE:
        return ["wrote_at", "pk"]
    return [*UNSEEN_FIRST_ORDER, "pk"]
