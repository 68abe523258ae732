"""Which parts of a duty roster a form would reduce, for proposals."""

from apps.core.templatetags.japanese import plain
from apps.helpline.models import DutyHours, DutyPerson
from apps.helpline.services import (
    duty_reduction,
)

PART_BY_MODEL = {DutyHours: "hours", DutyPerson: "people"}
STORED_PARTS = {"hours": duty_reduction.stored_hours, "people": duty_reduction.listed_person_ids}
PART_LABELS = {"hours": "見る時間", "people": "名前でえらべる人"}


def reduced_parts(roster, formsets):
    """{part: new value} of those parts of a form that take something from students."""
    wanted = {
        PART_BY_MODEL[each.model]: POSTED_PARTS[PART_BY_MODEL[each.model]](each)
        for each in formsets
    }
    return {
        name: value
        for name, value in wanted.items()
        if duty_reduction.effects_of_reduction(roster, {name: value}).kind
    }


def _rows_of(formset):
    """The rows a formset would leave: [cleaned data], with the id of a stored row as "pk"."""
    forms = [each for each in formset.forms if each not in formset.deleted_forms]
    filled = [each for each in forms if each.has_changed() or not each.instance._state.adding]
    return [
        {**each.cleaned_data, "row": each.instance}
        for each in filled
        if any(each.cleaned_data.values())
    ]


def _hours_read(formset):
    rows = sorted(_rows_of(formset), key=lambda row: row["weekday"])
    return [
        [row["weekday"], f"{row['opens_at']:%H:%M}", f"{row['closes_at']:%H:%M}"] for row in rows
    ]


def _people_read(formset):
    rows = _rows_of(formset)
    return sorted(str(row["row"].pk) for row in rows if row["is_listed"])


POSTED_PARTS = {"hours": _hours_read, "people": _people_read}


def part_in_words(name, value):
    if name == "hours":
        return duty_reduction.hours_in_words(value) or "なし"
    shown = DutyPerson.objects.filter(pk__in=value).values_list("shown_name", flat=True)
    return "、".join(plain(one) for one in shown) or "なし"
