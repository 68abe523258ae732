"""Codes kept before they had one form are brought into it without touching two children."""

from importlib import import_module

from django.apps import apps

from apps.people.models import Student
from tests import factories

normalise = import_module("apps.people.migrations.0007_normalise_codes").normalise


def codes():
    return dict(Student.objects.values_list("given_name", "local_code"))


def test_kept_codes_come_into_the_one_form_and_shared_ones_are_emptied(db):
    of_class = factories.school_class(factories.school(factories.municipality()), "1年1組")
    kept = {"甲": "A01", "乙": "Ａ０１", "丙": "ｂ2", "丁": "0012"}
    for number, (given, code) in enumerate(kept.items(), start=1):
        factories.student(of_class, given, number=number, local_code=code)
    normalise(apps, None)
    assert codes() == {"甲": "", "乙": "", "丙": "B2", "丁": "0012"}
