"""Why the first row of a file is not the header it should be, in a sentence. Pure."""

import csv
from itertools import islice

LOOKED_AT = 10  # rows after the first
EMPTY = "1行めが 空です。見出しは 1行めに 書いて ください。"
LATER = "見出しが {}行めに あります。見出しは 1行めに 書いて ください(題の 行は 消します)。"
DIVIDED = "{}区切りの ファイルです。コンマ区切りの CSV で 保存して ください。"
DIVIDERS = {"\t": "タブ", ";": "セミコロン", "|": "縦線"}
ENOUGH = 2  # known headers of a row that is plainly the header


def why_no_header(cells, later, names) -> str:
    """A sentence, "" where there is nothing to say but what is missing.

    ``cells`` is the first row and ``later`` a csv.reader of those after it; ``names`` are headers
    of which any would do.
    """
    if len(cells) == 1 and (divider := _divider(cells[0], names)):
        return DIVIDED.format(divider)
    if found := _line_of_header(later, names):
        return LATER.format(found)
    return "" if any(cell.strip() for cell in cells) else EMPTY


def _divider(cell, names):
    for sign, name in DIVIDERS.items():
        if len(names & {part.strip() for part in cell.split(sign)}) >= ENOUGH:
            return name
    return ""


def _line_of_header(later, names):
    try:
        for row in islice(later, LOOKED_AT):
            if len(names & {cell.strip() for cell in row}) >= ENOUGH:
                return later.line_num
    except csv.Error:
        pass
    return 0
