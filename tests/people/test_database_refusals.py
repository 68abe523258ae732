"""A violated database constraint becomes a form error: never a 500, never a constraint name."""

import re

import pytest
from django import forms
from django.contrib import admin
from django.db import DataError, IntegrityError, models
from django.urls import reverse

from apps.people.admin_bases.database_refusals import NOT_SAVED, has_own_message
from apps.people.admin_bases.staff import StaffAdmin
from apps.people.models import SchoolBreak

JAPANESE = re.compile(r"[ぁ-ん]")


def models_that_staff_write():
    """Every model behind a form of staff: admins that edit, their inlines, forms of our pages."""
    found = set()
    for model, model_admin in admin.site._registry.items():
        if getattr(model_admin, "edit_verb", None):
            found |= {model, *(inline.model for inline in model_admin.inlines)}
    waiting = [forms.ModelForm]
    while waiting:
        form = waiting.pop()
        waiting += form.__subclasses__()
        if (
            form.__module__.startswith("apps.")
            and getattr(form, "_meta", None)
            and form._meta.model
        ):
            found.add(form._meta.model)
    return {model for model in found if model.__module__.startswith("apps.")}


def is_of_a_choice(constraint):
    """``choices_check``: the form's own list of choices refuses before it."""
    return constraint.name.endswith("_valid")


def test_every_constraint_that_a_form_of_staff_can_meet_speaks_japanese(db):
    written = models_that_staff_write()
    assert len(written) > 12
    met = [
        constraint
        for model in written
        for constraint in model._meta.constraints
        if isinstance(constraint, models.CheckConstraint | models.UniqueConstraint)
        and not is_of_a_choice(constraint)
    ]
    assert len(met) > 25
    silent = [c.name for c in met if not has_own_message(c)]
    assert silent == []
    assert [c.name for c in met if not JAPANESE.search(str(c.violation_error_message))] == []


BREAK = {"begins_on": "2026-12-24", "ends_on": "2026-12-25", "title": "冬休み"}


@pytest.fixture
def form_page(cast, sign_in):
    client = sign_in(cast.principal.user)
    return client, reverse("admin:people_schoolbreak_add"), {**BREAK, "school": str(cast.school.pk)}


@pytest.mark.parametrize(
    "error", [IntegrityError("duplicate key value"), DataError("out of range")]
)
def test_what_only_the_database_refuses_comes_back_with_what_was_typed(
    form_page, monkeypatch, error
):
    client, url, sent = form_page

    def refuse(*args, **kwargs):
        raise error

    monkeypatch.setattr(SchoolBreak, "save", refuse)
    answer = client.post(url, sent)
    text = answer.content.decode()
    assert answer.status_code == 422
    assert NOT_SAVED[:20] in text
    assert "冬休み" in text
    assert str(error) not in text
    assert SchoolBreak.objects.count() == 0


def test_every_admin_of_ours_tells_refusals(db):
    own = [
        model_admin
        for model, model_admin in admin.site._registry.items()
        if model.__module__.startswith("apps.")
    ]
    assert own
    assert [
        type(model_admin).__name__ for model_admin in own if not isinstance(model_admin, StaffAdmin)
    ] == []


# -- every form that adds, with what nobody should type -------------------------------------------

EXTREMES = ["9999-12-31", "0001-01-01", "1" * 20, "-1", "32768", "２０２６-１２-０１",
            "𠮷" * 400, "99:99", "=1+1", ""]  # fmt: skip


def adding_forms():
    for model, model_admin in admin.site._registry.items():
        if getattr(model_admin, "edit_verb", None):
            yield f"admin:{model._meta.app_label}_{model._meta.model_name}_add"


@pytest.mark.parametrize("name", sorted(adding_forms()))
@pytest.mark.parametrize("who", ["officer", "principal"])
def test_nothing_that_is_typed_into_a_form_of_staff_is_a_500(cast, sign_in, name, who):
    client = sign_in(getattr(cast, who).user)
    page = client.get(reverse(name))
    if page.status_code != 200:
        assert page.status_code in (302, 403, 404)
        return
    form = page.context["adminform"].form
    sent = {f"{formset.formset.prefix}-{count}_FORMS": "0" for formset in page.context["inline_admin_formsets"]
            for count in ("TOTAL", "INITIAL")}  # fmt: skip
    for value in EXTREMES:
        values = {field: first_choice(form.fields[field]) or value for field in form.fields}
        answer = client.post(reverse(name), {**sent, **values})
        assert answer.status_code in (200, 302, 422), value
        assert not re.search(r"制約 [“\"]", answer.content.decode()), value


def first_choice(field):
    """A value that a field of choices takes, or nothing: then the extreme one is typed."""
    choices = [value for value, _ in getattr(field, "choices", []) if value]
    return str(choices[0]) if choices else ""
