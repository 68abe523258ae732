"""A program: reads one workbook from standard input, writes its rows as JSON to standard output.

It is a separate process, with its own bounds of memory and time, so that a workbook made to exhaust
them ends only this process. It imports nothing of the portal.
"""

import json
import re
import resource
import sys
import warnings
import zipfile
from datetime import date, datetime, time, timedelta
from io import BytesIO

import openpyxl

MEMORY_LIMIT = 768 * 1024 * 1024
CPU_LIMIT_S = 6  # of the processor
LAST_ROW, MAX_CELLS = 1_048_576, 2_000_000
MAX_ROWS, MAX_COLUMNS, MAX_CELL, MAX_TEXT = 2000, 100, 5000, 4_000_000
FORMULA = re.compile(rb"<(?:\w+:)?f[ >/]")
ZEROS = re.compile(r"0[0\-]*0")


class WorkbookRefused(Exception):
    """``args`` are the code of a problem and, where there is one, the cell."""


def sheet_rows(content: bytes) -> list:
    """[(row, [text of each cell])] of the active sheet; empty rows are left out."""
    values = _sheet(content, data_only=True)
    formulas = _sheet(content, data_only=False) if _has_formulas(content) else None
    found, n_text, n_cells = [], 0, 0
    for number, row in enumerate(values, 1):
        n_cells += len(row)
        if number > LAST_ROW or n_cells > MAX_CELLS:
            raise WorkbookRefused("memory")
        written = next(formulas) if formulas else row
        texts = [_text(cell, was) for cell, was in zip(row, written, strict=True)]
        while texts and not texts[-1].strip():
            texts.pop()
        if not texts:
            continue
        n_text += sum(map(len, texts))
        _check(found, texts, n_text)
        found.append((number, texts))
    return found


def _sheet(content, data_only):
    book = openpyxl.load_workbook(BytesIO(content), read_only=True, data_only=data_only)
    if not book.worksheets:
        raise WorkbookRefused("no_sheet")
    sheet = book.active if book.active in book.worksheets else book.worksheets[0]
    sheet.reset_dimensions()  # the file's statement of its own size is not trusted
    return sheet.iter_rows()


def _has_formulas(content):
    """Whether a sheet has formulas: only then is it read twice, for formulas and for values."""
    with zipfile.ZipFile(BytesIO(content)) as packed:
        sheets = [name for name in packed.namelist() if name.startswith("xl/worksheets/")]
        return any(FORMULA.search(packed.read(name)) for name in sheets)


def _check(found, texts, n_text):
    if len(found) > MAX_ROWS:
        raise WorkbookRefused("rows")
    if len(texts) > MAX_COLUMNS:
        raise WorkbookRefused("columns")
    if n_text > MAX_TEXT:
        raise WorkbookRefused("text")


def _text(cell, written):
    """What a person sees in the cell, as near as can be known."""
    value = cell.value
    if value is None and written.data_type == "f":
        raise WorkbookRefused("formula", written.coordinate)
    if cell.data_type == "e":
        raise WorkbookRefused("error", cell.coordinate)
    text = _words(value, cell)
    if len(text) > MAX_CELL:
        raise WorkbookRefused("cell", cell.coordinate)
    return text


def _words(value, cell):
    if value is None:
        return ""
    if isinstance(value, bool):
        return "はい" if value else "いいえ"
    if isinstance(value, datetime):
        whole = value.time() == time()
        return value.date().isoformat() if whole else value.isoformat(" ", "minutes")
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, time):
        return value.isoformat("minutes")
    if isinstance(value, timedelta):
        return f"{value // timedelta(hours=1)}:{value // timedelta(minutes=1) % 60:02d}"
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    return _padded(value, cell.number_format) if isinstance(value, int) else str(value)


def _padded(value, number_format):
    """A number whose format shows its zeros (0000000000, 0000-00-0000) is read with them."""
    text = str(value)
    n_places = number_format.count("0") if ZEROS.fullmatch(number_format or "") else 0
    if value < 0 or n_places < max(len(text), 2):
        return text
    digits = iter(text.zfill(n_places))
    return "".join(next(digits) if mark == "0" else mark for mark in number_format)


def main() -> None:
    """Bound this process, read the workbook, write the rows or why it was refused."""
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY_LIMIT, MEMORY_LIMIT))
    resource.setrlimit(resource.RLIMIT_CPU, (CPU_LIMIT_S, CPU_LIMIT_S))
    warnings.simplefilter("ignore")
    try:
        answer = {"rows": sheet_rows(sys.stdin.buffer.read())}
    except WorkbookRefused as refused:
        answer = {"problem": refused.args}
    except MemoryError:
        answer = {"problem": ["memory"]}
    except Exception:  # noqa: BLE001 - whatever a damaged workbook makes a library raise
        answer = {"problem": ["damaged"]}
    sys.stdout.write(json.dumps(answer))


if __name__ == "__main__":
    main()
