"""The ways in which a municipality's files are read: its rows, else the declared format."""

from apps.linkage.connectors.school_files import Mapping
from apps.linkage.models import FileMapping


def mappings_for(municipality_id):
    """{kind: connectors' Mapping} of a municipality, where it differs from the declared format."""
    return {
        row.kind: way_of(row) for row in FileMapping.objects.filter(municipality=municipality_id)
    }


def way_of(row):
    """A FileMapping (saved or not) as the connectors know it."""
    return Mapping(row.kind, dict(row.headers), {name: dict(c) for name, c in row.codes.items()})
