"""Says in a sentence why the first row of a file is not the expected header. Pure."""

import csv
from itertools import islice

MAX_ROWS_SEARCHED = 10  # rows after the first
FIRST_ROW_EMPTY = "1行めが 空です。見出しは 1行めに 書いて ください。"
HEADER_FURTHER_DOWN = (
    "見出しが {}行めに あります。見出しは 1行めに 書いて ください(題の 行は 消します)。"
)
OTHER_DELIMITER = "{}区切りの ファイルです。コンマ区切りの CSV で 保存して ください。"
DELIMITERS = {"\t": "タブ", ";": "セミコロン", "|": "縦線"}
MIN_KNOWN_HEADERS = 2  # known headers that make a row the header


def header_problem(cells, later, names) -> str:
    """A sentence, "" where the only problem is missing columns.

    ``cells`` is the first row and ``later`` a csv.reader of those after it; ``names`` are the known
    headers.
    """
    if len(cells) == 1 and (divider := _divider(cells[0], names)):
        return OTHER_DELIMITER.format(divider)
    if found := _line_of_header(later, names):
        return HEADER_FURTHER_DOWN.format(found)
    return "" if any(cell.strip() for cell in cells) else FIRST_ROW_EMPTY


def _divider(cell, names):
    for sign, name in DELIMITERS.items():
        if len(names & {part.strip() for part in cell.split(sign)}) >= MIN_KNOWN_HEADERS:
            return name
    return ""


def _line_of_header(later, names):
    try:
        for row in islice(later, MAX_ROWS_SEARCHED):
            if len(names & {cell.strip() for cell in row}) >= MIN_KNOWN_HEADERS:
                return later.line_num
    except csv.Error:
        pass
    return 0
