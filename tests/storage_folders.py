"""Places for files of one test: ``use_folder(settings, SOURCES, tmp_path)``."""

from pathlib import Path

from django.core.files.storage import storages
from django.test.signals import storages_changed

from kaga_portal.storage_settings import file_storages


def use_folder(settings, alias, folder):
    """The place ``alias`` is this folder from now on."""
    use_url(settings, alias, f"file:{folder}")


def use_url(settings, alias, url):
    """The place ``alias`` is at this URL from now on."""
    settings.STORAGES = {**settings.STORAGES, **file_storages(**{alias: url})}
    storages_changed(setting="STORAGES")  # where the settings are Django's own


def folder_of(alias):
    """The folder (Path) of a place on this host's disk."""
    return Path(storages[alias].location)
