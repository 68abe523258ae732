"""The days that the list of check-ins opens on."""

from datetime import timedelta

from apps.core import clock
from apps.core.models import first_id_since
from apps.people.admin_bases.paged_lists import DefaultListFilter

WRONG_CLOCK = timedelta(days=2)  # by how much a server's clock, which makes the ids, may be wrong


class RecentDaysFilter(DefaultListFilter):
    """Check-ins for the last days; a check-in arrives on its day or later."""

    title, parameter_name = "いつの分", "days"

    def lookups(self, request, model_admin):
        return [("7", "この7日"), ("1", "きょう"), ("28", "この4週間"), ("all", "すべて")]

    def queryset(self, request, queryset):
        if self.chosen == "all":
            return queryset
        days = timedelta(days=int(self.chosen) - 1)
        since = first_id_since(clock.now() - days - WRONG_CLOCK)
        return queryset.filter(answered_on__gte=clock.today() - days, pk__gte=since)
