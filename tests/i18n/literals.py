"""Japanese that people read and that is not marked for translation: which files still hold some.

``python -m tests.i18n.literals`` prints the list as it should stand in not_yet_moved.txt.
"""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent.parent
LIST = Path(__file__).with_name("not_yet_moved.txt")
JAPANESE = re.compile(r"[\u3041-\u30ff\u3400-\u9fff々]")
MARKS = {
    "_", "gettext", "gettext_lazy", "gettext_noop", "ngettext", "ngettext_lazy", "pgettext",
    "pgettext_lazy", "npgettext", "npgettext_lazy",
}  # fmt: skip
CHOICES = {"TextChoices", "IntegerChoices"}
NO_SENTENCE = "# no sentence"  # at the end of a line: a pattern, a column of a file, a sample
# Staff pages are Japanese only; invented people and stand-ins are content; the command line is English.
EXEMPT = re.compile(
    r"^templates/admin/|/migrations/|/admin/|(^|[/_])admin\.py$|/apps\.py$"
    r"|^apps/sandbox/|/management/|^kaga_portal/demo/"
)
MARKED = [
    re.compile(r"\{#.*?#\}", re.DOTALL),
    re.compile(r"\{% comment %\}.*?\{% endcomment %\}", re.DOTALL),
    re.compile(r"\{% blocktrans(?:late)?\b.*?\{% endblocktrans(?:late)? %\}", re.DOTALL),
    re.compile(r"\{% trans(?:late)? .*?%\}"),
    re.compile(r"_\((?:\"[^\"]*\"|'[^']*')\)"),
]


def files_with_literals() -> list[str]:
    """The paths, from the root of the repository, of all files that are not moved yet."""
    return sorted(place for place, path in _files() if _has_literals(path))


def listed() -> list[str]:
    """The files of which it is known."""
    return LIST.read_text(encoding="utf-8").split()


def literals_in_template(text: str) -> list[str]:
    """The lines of a template with Japanese that is not marked."""
    for pattern in MARKED:
        text = pattern.sub("", text)
    return [line.strip() for line in text.splitlines() if JAPANESE.search(line)]


def literals_in_python(source: str, *, only_choices: bool = False) -> list[str]:
    """The unmarked Japanese strings of a module that are no docstrings.

    ``only_choices``: of models, whose names for columns only staff see, just labels of choices.
    """
    tree = ast.parse(source)
    lines = source.splitlines()
    roots = _choices_of(tree) if only_choices else [tree]
    return [
        node.value
        for root in roots
        for node in _unmarked(root)
        if not lines[node.end_lineno - 1].endswith(NO_SENTENCE)
    ]


def _files() -> Iterator[tuple[str, Path]]:
    for folder in ("apps", "kaga_portal", "templates"):
        for path in sorted((ROOT / folder).rglob("*")):
            place = path.relative_to(ROOT).as_posix()
            if path.suffix in {".py", ".html", ".txt"} and not EXEMPT.search(place):
                yield place, path


def _has_literals(path: Path) -> bool:
    text = path.read_text(encoding="utf-8")
    if not JAPANESE.search(text):
        return False
    if path.suffix != ".py":
        return bool(literals_in_template(text))
    is_model = "models" in path.parent.name or path.name.endswith("models.py")
    return bool(literals_in_python(text, only_choices=is_model))


def _choices_of(tree: ast.AST) -> list[ast.AST]:
    return [
        node
        for node in ast.walk(tree)
        if isinstance(node, ast.ClassDef)
        and CHOICES & {getattr(base, "attr", getattr(base, "id", "")) for base in node.bases}
    ]


def _unmarked(node: ast.AST) -> Iterator[ast.Constant]:
    for child in ast.iter_child_nodes(node):
        if isinstance(child, ast.Call) and _name_of(child.func) in MARKS:
            continue
        if isinstance(child, ast.Expr) and isinstance(child.value, ast.Constant):
            continue  # a docstring
        if isinstance(child, ast.Constant) and isinstance(child.value, str):
            if JAPANESE.search(child.value):
                yield child
        else:
            yield from _unmarked(child)


def _name_of(function: ast.expr) -> str:
    return getattr(function, "attr", getattr(function, "id", ""))


if __name__ == "__main__":
    print("\n".join(files_with_literals()))
