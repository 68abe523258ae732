"""Renders the tables of docs/security/keys-and-data.md from the literal tables of the code."""

from kaga_portal.data_classes import COLUMNS, KINDS, ColumnKind
from kaga_portal.key_uses import KEYS, USES


def render_tables() -> dict[str, str]:
    """{name of the table's marker in the document: Markdown}."""
    return {"kinds": _kinds(), "columns": _columns(), "keys": _keys(), "uses": _uses()}


def _kinds():
    lines = [f"| {kind} | {a.holds} | {a.lies} | {a.why} |" for kind, a in KINDS.items()]
    return "\n".join(["| kind | what | how it lies | why |", "|---|---|---|---|", *lines])


def _columns():
    lines = [f"| `{label}` | {_of(found)} |" for label, found in sorted(COLUMNS.items())]
    return "\n".join(["| table | columns |", "|---|---|", *lines])


def _of(found):
    in_order = [kind for kind in ColumnKind if kind in found]
    return "; ".join(f"{kind}: {', '.join(found[kind].split())}" for kind in in_order)


def _keys():
    lines = [f"| {key} | {' | '.join(about)} |" for key, about in KEYS.items()]
    head = "| key | what it is | where it lies | who may hold it | how it is changed |"
    return "\n".join([head, "|---|---|---|---|---|", *lines])


def _uses():
    lines = [
        f"| {use.key} | {use.what} | {use.algorithm} | {use.lasts} | `{'`, `'.join(use.modules)}` |"
        for use in USES
    ]
    head = "| key | what it does | algorithm | lasts, and after a change | code |"
    return "\n".join([head, "|---|---|---|---|---|", *lines])
