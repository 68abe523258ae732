"""The source files of the portal, for tests that read them."""

import ast
from collections.abc import Iterator
from pathlib import Path

from django.apps import apps
from django.conf import settings

ROOT = Path(settings.BASE_DIR)
CODE = [
    path
    for folder in ("apps", "kaga_portal")
    for path in sorted((ROOT / folder).rglob("*.py"))
    if "migrations" not in path.parts
]
TESTS = [path for folder in ("tests", "bench") for path in sorted((ROOT / folder).rglob("*.py"))]
TEMPLATES = sorted((ROOT / "templates").rglob("*.html"))
OUR_LABELS = {config.label for config in apps.get_app_configs() if config.name.startswith("apps.")}


def trees() -> list[tuple[Path, ast.Module]]:
    """[(path, syntax tree)] of the code."""
    return [(path, ast.parse(path.read_text(encoding="utf-8"))) for path in CODE]


def module_of(path: Path) -> tuple[str, ...]:
    """("apps", "people", "models") of apps/people/models/__init__.py."""
    parts = path.relative_to(ROOT).with_suffix("").parts
    return parts[:-1] if parts[-1] == "__init__" else parts


def imports_of(path: Path, tree: ast.Module) -> Iterator[tuple[int, tuple[str, ...]]]:
    """(line, the parts of the imported name) of our own names that a file imports."""
    package = module_of(path) if path.name == "__init__.py" else module_of(path)[:-1]
    for node in ast.walk(tree):
        names = []
        if isinstance(node, ast.Import):
            names = [tuple(alias.name.split(".")) for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            base = package[: len(package) - node.level + 1] if node.level else ()
            base += tuple(node.module.split(".")) if node.module else ()
            names = [(*base, alias.name) for alias in node.names]
        for name in names:
            if name[0] in {"apps", "kaga_portal"}:
                yield node.lineno, name
