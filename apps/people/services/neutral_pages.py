"""Which neutral page a person's municipality has chosen, and choosing it."""

from django.db import transaction
from django.utils.translation import gettext as _

from apps.people.models import Municipality, NeutralPage, User
from apps.people.permissions import municipalities_where
from apps.people.services.recorded_changes import record_change

EDIT_VERB = "municipality.edit"


class CannotChoosePage(ValueError):
    """The choice is not in the allow-list, or not this person's to make."""


def neutral_page_for(user: User | None) -> str:
    """The NeutralPage of a student's municipality; of a visitor's where there is only one."""
    found = Municipality.objects.all()
    if user is not None and user.is_authenticated:
        found = found.filter(student__user=user.pk)
    chosen = list(found.values_list("neutral_page", flat=True)[:2])
    return chosen[0] if len(chosen) == 1 else NeutralPage.BLANK


@transaction.atomic
def choose_neutral_page(municipality: Municipality, page: str, *, by: User) -> None:
    """Set the page for this municipality. Raises CannotChoosePage."""
    if municipality.pk not in municipalities_where(by, EDIT_VERB) or page not in NeutralPage.values:
        raise CannotChoosePage(_("このページは選べません。"))
    found = Municipality.objects.select_for_update().get(pk=municipality.pk)
    if found.neutral_page == page:
        return
    found.neutral_page = page
    found.save(update_fields=["neutral_page"])
    record_change(found, by, ["neutral_page"], verb=EDIT_VERB, municipality_id=found.pk)
