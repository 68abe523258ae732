"""A few rows of each state that is rare, far back among the many that wait no more."""

from django.apps import apps
from django.db import models
from django.utils import timezone

from tests import scale_rows
from tests.scale_faults import growing_models, staff_lists
from tests.without_triggers import triggers_off

# Columns that make a row rare where the list's filter is no column, or there is no list.
COLUMNS = {
    "audit.AuditEvent": ["action"],
    "helpline.HelpRequest": ["state"],
    "people.PendingAct": ["stopped_at"],
    "registration.GuardianObjection": ["looked_at"],
}


def make_rare(city):
    """In each list that grows, one of this city's oldest rows has each value of each filter.

    The value alone, without what belongs to it.
    """
    models_filtered = {model for model in staff_lists() if model in growing_models()}
    models_filtered |= {apps.get_model(label) for label in COLUMNS}
    with triggers_off():
        for model in sorted(models_filtered, key=lambda model: model._meta.label):
            for name in _columns(model):
                _set_oldest(model, city, name, _values(model._meta.get_field(name)))
    scale_rows.analyse(growing_models())


def _columns(model):
    listed = staff_lists().get(model)
    filters = listed.list_filter if listed else ()
    names = [each if isinstance(each, str) else each[0] for each in filters if _is_column(each)]
    return [*names, *COLUMNS.get(model._meta.label, [])]


def _is_column(each):
    return isinstance(each, str | tuple)


def _values(field):
    if field.null:
        return [None, timezone.now()]
    if isinstance(field, models.BooleanField):
        return [True, False]
    return [value for value, _ in field.flatchoices]


def _set_oldest(model, city, name, values):
    order = staff_lists()[model].ordering if model in staff_lists() else None
    rows = model._base_manager.order_by(*(order or model._meta.ordering or ["pk"])).reverse()
    if any(field.name == "municipality" for field in model._meta.fields):
        rows = rows.filter(municipality=city)
    for value, key in zip(
        values, list(rows.values_list("pk", flat=True)[: len(values)]), strict=False
    ):
        model._base_manager.filter(pk=key).update(**{name: value})
