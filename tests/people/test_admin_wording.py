"""Admin pages are in Japanese: no English field names, no library messages."""

import re

import pytest
from django.contrib import admin
from django.contrib.admin.utils import flatten, label_for_field
from django.urls import reverse

JAPANESE = re.compile(r"[ぁ-んァ-ヶ一-龠々]")
NAMES = {"LINE", "SHA-256"}
OURS = [(model, model_admin) for model, model_admin in admin.site._registry.items()
        if model.__module__.startswith("apps.")]  # fmt: skip


def labels(model, model_admin):
    names = {
        *model_admin.list_display,
        *model_admin.readonly_fields,
        *flatten(model_admin.fields or []),
    }
    for _, options in model_admin.fieldsets or []:
        names |= set(flatten(options["fields"]))
    for name in sorted(names - {"__str__"}, key=str):
        yield name, str(label_for_field(name, model, model_admin))


@pytest.mark.parametrize(
    ("model", "model_admin"), OURS, ids=lambda one: getattr(one, "__name__", "")
)
def test_every_column_and_field_of_an_admin_has_a_japanese_name(db, model, model_admin):
    english = [
        (name, label) for name, label in labels(model, model_admin) if not JAPANESE.search(label)
    ]
    assert [pair for pair in english if pair[1] not in NAMES] == []


LIBRARY = re.compile(
    r"This (?:im|ex)porter|Ensure (?:that )?|encountered while|No valid data|Traceback|"
    r"Unreadable|InvalidDimensions|Full name|constraint|Select all|through import_export"
)


@pytest.mark.parametrize("who", ["officer", "principal", "nurse"])
def test_no_page_of_the_admin_shows_a_librarys_english(cast, sign_in, who):
    client = sign_in(getattr(cast, who).user)
    names = [f"admin:{m._meta.app_label}_{m._meta.model_name}_{page}"
             for m in admin.site._registry for page in ("changelist", "add")]  # fmt: skip
    files = ["admin:notices_supportorganisation_import", "admin:notices_supportorganisation_export"]
    n_seen = 0
    for name in [*names, *files]:
        page = client.get(reverse(name))
        if page.status_code != 200:
            continue
        n_seen += 1
        text = re.sub(r"(?s)<script.*?</script>|<style.*?</style>|<!--.*?-->|<[^>]+>", " ",
                      page.content.decode())  # fmt: skip
        assert LIBRARY.search(text) is None, (name, LIBRARY.search(text))
    assert n_seen > 8
