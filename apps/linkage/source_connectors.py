"""Which connector reads a source, and how long all its requests may take together."""

from django.conf import settings

from apps.core import clock
from apps.core.clock import today
from apps.core.outgoing import Client
from apps.linkage.connectors.oneroster import OneRoster
from apps.linkage.connectors.school_files import SchoolFiles
from apps.linkage.connectors.xapi import XapiLrs
from apps.linkage.folders import folder_of_source
from apps.linkage.models import SourceKind
from apps.linkage.reading_ways import mappings_for
from apps.linkage.receiving import folder_of
from apps.linkage.secrets import secret_of
from apps.linkage.slow_files import set_aside_of

RUN_S = 60  # a task may run 90, and what came has to be written
CHECK_S = 10  # somebody waits for the page


def connector_of(source, run=None, *, within_s=None):
    """The connector that reads this source, or the file that came by hand for a ``run``.

    Raises AuthError where its secret is missing, FormatError for a folder that is not its own or
    ways of reading that cannot be.
    """
    if source.kind == SourceKind.SCHOOL_FILES:
        folder = folder_of(run) if run is not None and run.upload else folder_of_source(source)
        mappings = mappings_for(source.municipality_id, source.school_id)
        return SchoolFiles(folder, mappings, today=today(), set_aside=set_aside_of(source))
    entry = secret_of(source)
    client = Client(within_s=within_s or RUN_S, trusted=[settings.LRS_SANDBOX_URL])
    if source.kind == SourceKind.ONEROSTER:
        return OneRoster(
            source.place, source.token_url, entry, in_form=source.secret_in_form, client=client
        )
    return XapiLrs(source.place, entry, now=clock.now(), client=client)
