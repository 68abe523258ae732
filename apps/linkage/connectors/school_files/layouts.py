"""Other file layouts: a column for each day, or students by 学年・組・番号. Pure.

Their rows are converted to the declared columns before anything else reads them.
"""

from apps.core.school_years import school_year_begins
from apps.linkage.connectors.school_files.dates import parse_day_of_school_year
from apps.linkage.connectors.school_files.file_mapping import BY_DAYS, SEAT_COLUMNS, normalise_text
from apps.people.class_positions import class_position


def has_declared_layout(mapping) -> bool:
    """Whether files under a ColumnMapping have the declared columns."""
    return mapping.layout != BY_DAYS and not mapping.by_seat


def find_headers(kind, mapping, cells, today):
    """([(our column, header)] found, [header] missing) of a file with another layout."""
    wanted = [(name, mapping.header(name).strip()) for name in _names(kind, mapping)]
    found = [(name, header) for name, header in wanted if header in cells]
    missing = [header for _, header in wanted if header not in cells]
    if mapping.layout == BY_DAYS:
        days = _days(cells, today)
        found += [(on.isoformat(), cells[index]) for index, on in days]
        missing += [] if days else ["日ごとの列"]
    return found, missing


class DeclaredRows:
    """The rows of a csv.reader converted to the declared columns; ``header`` is their header.

    ``cells`` is the first row of the file; all of its needed headers must be there.
    """

    def __init__(self, kind, mapping, rows, cells, today):
        self._rows, self._seats = rows, mapping.by_seat
        self._who = [cells.index(mapping.header(name).strip()) for name in _who(kind, mapping)]
        names = [column.name for column in kind.columns[1:]]
        self._days = _days(cells, today) if mapping.layout == BY_DAYS else None
        self._rest = [] if self._days is not None else [
            cells.index(header) if (header := mapping.header(name).strip()) in cells else None
            for name in names
        ]  # fmt: skip
        self.header = [mapping.header(name).strip() for name in (kind.columns[0].name, *names)]

    @property
    def line_num(self):
        """The line of the file that the last row came from."""
        return self._rows.line_num

    def __iter__(self):
        for row in self._rows:
            if not any(row):
                continue
            who = [row[index] if index < len(row) else "" for index in self._who]
            whose = class_position(*who) if self._seats else who[0]
            if self._days is None:
                yield [whose, *(_cell(row, index) for index in self._rest)]
                continue
            for index, on in self._days:
                if mark := _cell(row, index).strip():
                    yield [whose, on.isoformat(), mark]


def _cell(row, index):
    return row[index] if index is not None and index < len(row) else ""


def _who(kind, mapping):
    return SEAT_COLUMNS if mapping.by_seat else (kind.columns[0].name,)


def _names(kind, mapping):
    """The columns that must have a header of their own."""
    rest = [column.name for column in kind.columns[1:] if column.required]
    return (*_who(kind, mapping), *([] if mapping.layout == BY_DAYS else rest))


def _days(cells, today):
    """[(index, date)] of the columns whose header is a day; without a year it is this school year's."""
    begins = school_year_begins(today)
    found = (
        (index, parse_day_of_school_year(normalise_text(cell), begins))
        for index, cell in enumerate(cells)
    )
    return [(index, on) for index, on in found if on is not None]
