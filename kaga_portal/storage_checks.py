"""Checks the URLs of the places for files: known forms, and encrypted on the way."""

from collections.abc import Iterator
from urllib.parse import urlsplit

from django.conf import settings
from django.core.checks import CheckMessage, Error

from apps.core.storage_urls import BadStorageUrl, endpoint_of, storage_at
from kaga_portal.backend_checks import OPT_OUT_HINT, plain_backends

URL_SETTINGS = ("SOURCE_URL", "UPLOAD_URL", "LEDGER_URL", "LEDGER_COPY_URL")


def check_storages() -> Iterator[CheckMessage]:
    """Errors about the places for files; in production only."""
    if not settings.LEDGER_URL:
        yield Error(
            "LEDGER_URL is not set: without a second place for its checkpoints, a ledger that was "
            "cut short looks whole.",
            hint="A folder or bucket that the database's administrator cannot write.",
            id="kaga.E012",
        )
    for name in URL_SETTINGS:
        if url := getattr(settings, name):
            yield from _place(name, url)


def _place(name, url):
    try:
        storage_at(url)
    except BadStorageUrl as error:
        yield Error(f"{name}: {error}", id="kaga.E043")
        return
    if urlsplit(endpoint_of(url)).scheme == "http" and "files" not in plain_backends():
        yield Error(
            f"{name} has an endpoint without encryption: files of schools could be read on the way.",
            hint="Use endpoint=https://…. " + OPT_OUT_HINT.format(name="files"),
            id="kaga.E044",
        )
