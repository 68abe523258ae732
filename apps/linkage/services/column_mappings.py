"""Loads the column mappings of a municipality's files: its own, else the declared format."""

from apps.linkage.connectors.school_files import ColumnMapping
from apps.linkage.models import FileMapping
from apps.people.class_positions import class_position
from apps.people.models import IdentifierKind, Student
from apps.people.services.former_identifiers import identifier_handovers


def load_column_mappings(municipality_id, school_id=None):
    """{kind: ColumnMapping} of a municipality, where it differs from the declared format.

    Seats are known for the files of one school only.
    """
    rows = list(FileMapping.objects.filter(municipality=municipality_id))
    seats = _seats_of(school_id) if any(row.by_seat for row in rows) else {}
    return {row.kind: to_column_mapping(row, seats) for row in rows}


def kinds_by_seat(municipality_id):
    """The kinds (set) whose files name students by 学年・組・番号."""
    rows = FileMapping.objects.filter(municipality=municipality_id, by_seat=True)
    return set(rows.values_list("kind", flat=True))


def seat_handovers(school_id):
    """{管理コード of who has a seat now: Handover} where others had that seat before."""
    if school_id is None:
        return {}
    seats = _seats_of(school_id)
    ids = dict(Student.objects.enrolled().filter(school=school_id).values_list("local_code", "pk"))
    holders = {place: ids[code] for place, code in seats.items() if code in ids}
    found = identifier_handovers([school_id], IdentifierKind.SEAT, lambda _: holders, form=_as_seat)
    return {seats[place]: handover for place, handover in found.items()}


def _as_seat(name):
    """The seat that a FormerHolder names, in normalised form."""
    grade, title = name.split("|", 1)
    return class_position(grade, *title.rsplit("|", 1))


def to_column_mapping(row, seats=None):
    """A FileMapping (saved or not) as a ColumnMapping; ``seats`` as there."""
    return ColumnMapping(
        row.kind,
        dict(row.headers),
        {name: dict(codes) for name, codes in row.codes.items()},
        row.layout,
        row.by_seat,
        seats,
    )


def _seats_of(school_id):
    """{学年・組・番号 in normalised form: 管理コード} of the students enrolled in a school now."""
    if school_id is None:
        return {}
    students = Student.objects.enrolled().filter(school=school_id).exclude(local_code="")
    found, twice = {}, set()
    for code, *place in students.values_list(
        "local_code", "grade", "home_class__title", "attendance_number"
    ):
        key = class_position(*("" if part is None else str(part) for part in place))
        twice |= {key} & found.keys()
        found[key] = code
    return {key: code for key, code in found.items() if key and key not in twice}
