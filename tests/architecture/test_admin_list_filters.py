"""A URL can filter an admin list only by the list's own filters."""

import pytest
from django.contrib import admin
from django.urls import reverse

from apps.people.admin_bases.staff import StaffAdmin, filter_parameters

LOOKUPS = ("", "__exact", "__startswith", "__regex", "__contains", "__gte", "__year", "__isnull")
ADMINS = {
    model._meta.label: model_admin
    for model, model_admin in admin.site._registry.items()
    if isinstance(model_admin, StaffAdmin)
}

LED_TO = {"linkage.SyncRun": {"source__id__exact"}}  # a source's page leads to its own runs


def narrowings(model_admin):
    """Every column of the rows a list shows, and of the people these rows name, with each lookup."""
    names = [field.name for field in model_admin.model._meta.concrete_fields]
    remote = [
        f"{field.name}__{far.name}"
        for field in model_admin.model._meta.concrete_fields
        if field.is_relation
        for far in field.related_model._meta.concrete_fields
    ]
    return [f"{name}{lookup}" for name in names + remote for lookup in LOOKUPS]


@pytest.mark.parametrize("label", sorted(ADMINS))
def test_a_list_is_narrowed_by_its_own_filters_alone(label, rf):
    model_admin, request = ADMINS[label], rf.get("/")
    allowed = {
        each for each in narrowings(model_admin) if model_admin.lookup_allowed(each, "x", request)
    }
    assert allowed - LED_TO.get(label, set()) <= filter_parameters(model_admin, request)


@pytest.mark.parametrize(
    ("who", "model_admin", "query"),
    [
        ("homeroom", "helpline_helprequest", "student"),
        ("homeroom", "helpline_helprequest", "chosen"),
        ("principal", "people_user", "password__startswith"),
        ("principal", "people_user", "last_login__gte"),
        ("officer", "people_student", "birth_month"),
        ("officer", "selfinfo_selfinfosession", "student__id__exact"),
    ],
)
def test_a_hidden_column_is_no_question(cast, sign_in, who, model_admin, query):
    page = sign_in(getattr(cast, who).user).get(
        reverse(f"admin:{model_admin}_changelist"), {query: "2026"}
    )
    assert page.status_code == 400
