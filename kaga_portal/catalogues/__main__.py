"""python -m kaga_portal.catalogues: extract and compile; with --check: only report faults."""

import argparse
import io
import sys

from babel.messages.catalog import Catalog
from babel.messages.pofile import write_po

from kaga_portal.catalogues.checks import problems
from kaga_portal.catalogues.extraction import collect, merged
from kaga_portal.catalogues.files import RULES_OF, compile_stale, po_path


def written(catalog: Catalog) -> bytes:
    """The file's text, in a fixed order and without what changes by itself (lines, times)."""
    buffer = io.BytesIO()
    write_po(buffer, catalog, width=0, include_lineno=False, sort_by_file=True, omit_header=False)
    lines = buffer.getvalue().splitlines(keepends=True)
    dated = (b'"POT-Creation-Date', b'"PO-Revision-Date', b'"Last-Translator', b'"Generated-By')
    return b"".join(line for line in lines if not line.startswith(dated))


def faults() -> list[str]:
    """One line for each fault of the catalogues in the repository."""
    template = collect()
    found = []
    for name in RULES_OF:
        catalog = merged(name, template)
        if written(catalog) != po_path(name).read_bytes():
            found.append(f"locale/{name} differs from the code: run make words")
        found += problems(name, catalog)
    return found


def main() -> int:
    """0, or 1 where a catalogue has faults."""
    parser = argparse.ArgumentParser(prog="python -m kaga_portal.catalogues", description=__doc__)
    parser.add_argument("--check", action="store_true", help="change nothing")
    if not parser.parse_args().check:
        template = collect()
        for name in RULES_OF:
            po_path(name).write_bytes(written(merged(name, template)))
        compile_stale()
    found = faults()
    print("\n".join(found), file=sys.stderr, end="\n" if found else "")
    return bool(found)


if __name__ == "__main__":
    sys.exit(main())
