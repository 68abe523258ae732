"""Chooses the connector of a source, and the time limit of all its requests."""

from django.conf import settings

from apps.core import clock
from apps.core.clock import today
from apps.core.http_client import HttpClient
from apps.linkage.connectors.oneroster import OneRosterClient
from apps.linkage.connectors.school_files import SchoolFiles
from apps.linkage.connectors.xapi import XapiClient
from apps.linkage.models import SourceKind
from apps.linkage.services.column_mappings import load_column_mappings
from apps.linkage.services.files_set_aside import files_set_aside
from apps.linkage.services.source_secrets import source_credentials
from apps.linkage.services.upload_files import upload_folder
from apps.linkage.source_folders import source_folder

RUN_SECONDS = 60  # a task may run 90, and the result has to be written
CHECK_SECONDS = 10  # somebody is waiting for the page


def connector_for(source, run=None, *, within_s=None):
    """The connector that reads this source, or the uploaded file of a ``run``.

    Raises AuthError where its secret is missing, FormatError for a folder that is not its own or an
    invalid mapping.
    """
    if source.kind == SourceKind.SCHOOL_FILES:
        folder = upload_folder(run) if run is not None and run.upload else source_folder(source)
        mappings = load_column_mappings(source.municipality_id, source.school_id)
        return SchoolFiles(
            folder, mappings, today=today(), now=clock.now(), set_aside=files_set_aside(source)
        )
    entry = source_credentials(source)
    client = HttpClient(within_s=within_s or RUN_SECONDS, trusted=[settings.LRS_SANDBOX_URL])
    if source.kind == SourceKind.ONEROSTER:
        return OneRosterClient(
            source.place, source.token_url, entry, in_form=source.secret_in_form, client=client
        )
    return XapiClient(source.place, entry, now=clock.now(), client=client)
