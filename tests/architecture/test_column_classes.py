"""Every column that can hold text is classed once in the literal table, and stored accordingly."""

import pytest
from django.apps import apps

from apps.core.sealed_field import SealedTextField
from apps.vault.models import SealedCode, SealedRow
from apps.vault.services.ring_store_list import stores
from kaga_portal.data_classes import COLUMNS, KINDS, ColumnKind

WORDY = {"CharField", "TextField", "JSONField", "BinaryField", "ArrayField", "EmailField",
         "URLField", "SlugField", "FileField", "GenericIPAddressField"}  # fmt: skip
PACKAGES = {("mfa.Authenticator", "data"), ("sessions.Session", "session_data")}


def wordy(model):
    """The names of the columns of a model that could hold words."""
    return [
        field.name
        for field in model._meta.concrete_fields
        if not field.is_relation and not field.choices and field.get_internal_type() in WORDY
    ]


def of_kind(*kinds):
    return {
        (label, name)
        for label, found in COLUMNS.items()
        for kind, names in found.items()
        if kind in kinds
        for name in names.split()
    }


def all_columns():
    models = apps.get_models(include_auto_created=True)
    return [(model._meta.label, name) for model in models for name in wordy(model)]


def test_every_column_stands_in_the_table_and_the_table_names_no_other():
    listed = sorted(of_kind(*ColumnKind))
    assert listed == sorted(set(all_columns()))
    assert len(listed) == len(set(listed))
    assert set(KINDS) == set(ColumnKind)


def test_a_column_that_is_not_in_the_table_would_be_found(monkeypatch):
    monkeypatch.delitem(COLUMNS, "disclosure.HiddenAccessEntry")
    with pytest.raises(AssertionError):
        test_every_column_stands_in_the_table_and_the_table_names_no_other()


def test_a_sealed_row_is_sealed_under_the_students_key():
    sealed = {(m._meta.label, "sealed") for m in apps.get_models() if issubclass(m, SealedRow)}
    assert of_kind(ColumnKind.ROW) == sealed


def test_what_the_table_calls_sealed_by_the_ring_is_resealed_or_counted_by_the_rotation():
    counted = {
        (store.model._meta.label, getattr(store, "field", "") or store.column.sealed)
        for store in stores()
        if getattr(store, "field", "") or getattr(store, "column", None)
    }
    keys = {("vault.SubjectKey", "wrapped")}
    assert of_kind(ColumnKind.RING) == counted | keys | PACKAGES


def test_every_sealed_field_is_called_sealed():
    for model in apps.get_models():
        for field in model._meta.local_fields:
            if isinstance(field, SealedTextField):
                assert (model._meta.label, field.name) in of_kind(ColumnKind.RING)


def test_every_code_on_paper_is_found_by_a_keyed_digest():
    codes = {(m._meta.label, "code_digest") for m in apps.get_models() if issubclass(m, SealedCode)}
    pins = {(s.model._meta.label, s.digest.digest) for s in stores() if hasattr(s, "digest")}
    assert codes | pins <= of_kind(ColumnKind.KEYED, ColumnKind.HASHED)
