"""Reads a file's rows in blocks: reduced to the columns that are read, normalised, checked."""

import csv
from itertools import islice
from operator import itemgetter

from apps.roster.oneroster.column_rules import NORMALISERS, rules_of_file
from apps.roster.oneroster.columns import COLUMNS_READ, DEMOGRAPHICS

ROWS_PER_BLOCK = 500  # so that a block fits a processor's cache
MAX_ROWS = 2_500_000  # per file


def read_blocks(name, header, lines, reading):
    """Blocks of [(line number as text, cell, …)] of the columns COLUMNS_READ of this file.

    ``header`` are the file's columns, ``lines`` an iterator over its text after them. Cells are
    stripped, NULL is empty, some are normalised (NORMALISERS). Broken rules are reported in
    ``reading``; a row whose width differs from the header is reported and skipped. Raises
    csv.Error.
    """
    rows, line, rules = csv.reader(lines), 2, rules_of_file(name)
    pick = itemgetter(*(header.index(column) for column in COLUMNS_READ[name]))
    while block := list(islice(rows, ROWS_PER_BLOCK)):
        numbers = list(map(str, range(line, line + len(block))))
        line += len(block)
        if set(map(len, block)) != {len(header)} or not all(map(any, block)):
            numbers, block = _whole(name, numbers, block, len(header), reading)
        if block:
            yield _read(name, numbers, block, pick, rules, reading)
        if line > MAX_ROWS:
            reading.add_problem(f"{name}.csv", line, "", "行が多すぎます。")
            return


def _whole(name, numbers, rows, width, reading):
    """The rows as wide as the header, and their line numbers; empty ones are skipped."""
    numbered = []
    for line, row in zip(numbers, rows, strict=True):
        if len(row) == width and any(row):
            numbered.append((line, row))
        elif any(row) and name != DEMOGRAPHICS:
            reason = f"列の数が見出し({width}列)と合いません。"
            reading.add_problem(f"{name}.csv", int(line), "", reason)
    return [line for line, _ in numbered], [row for _, row in numbered]


def _read(name, lines, rows, pick, rules, reading):
    """Read one block, column by column."""
    cells = dict(zip(COLUMNS_READ[name], zip(*map(pick, rows), strict=True), strict=True))
    cells = {column: _clean(values) for column, values in cells.items()}
    distinct = {column: set(values) for column, values in cells.items()}
    for rule in rules:
        _check_rule(rule, cells, distinct, name, lines, reading)
    for column, made_of in NORMALISERS.items():
        if column in cells:
            known = {value: made_of(value) for value in distinct[column]}
            cells[column] = map(known.__getitem__, cells[column])
    return list(zip(lines, *cells.values(), strict=True))


def _clean(values):
    values = tuple(map(str.strip, values))
    return tuple("" if v == "NULL" else v for v in values) if "NULL" in values else values


def _check_rule(rule, cells, distinct, name, lines, reading):
    """Report the rows that break a rule."""
    values, different = cells[rule.column], distinct[rule.column]
    if rule.paired_with:
        values = tuple(zip(values, cells[rule.paired_with], strict=True))
        different = set(values)
    broken = rule.broken(different)
    if not broken:
        return
    say = reading.add_note if rule.is_note else reading.add_problem
    for line, value in zip(lines, values, strict=True):
        if value in broken:
            say(f"{name}.csv", int(line), rule.column, rule.reason)
