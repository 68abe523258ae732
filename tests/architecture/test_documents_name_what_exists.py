"""What a document names in code type exists: modules, functions, classes, files, commands, URLs.

Only what lies between backticks is read. Names of other people's software stand in ``NOT_OURS``.
"""

import ast
import csv
import importlib
import re
from pathlib import Path

import pytest
from django.apps import apps

from tests.documents import DOCUMENTS, ROOT, label

CODE_SPAN = re.compile(r"(?<!`)`([^`\n]+)`(?!`)")
FENCE = re.compile(r"^ *```.*?^ *```", re.MULTILINE | re.DOTALL)
CALL = re.compile(r"\(.*\)$")
DOTTED = re.compile(r"[A-Za-z_]\w*(\.[A-Za-z_]\w*)+")
PATH = re.compile(r"[\w.-]+(/[\w.-]+)+/?|[\w.-]+\.(py|js|css|html|sql|po|md|txt|in|csv|json)")
FILE = re.compile(r"[\w/-]+\.(?:py|js|html)\b")
IN_FILE = re.compile(r"([\w/]+\.py):(\w+)")
URL_NAME = re.compile(r"[a-z_]+:[a-z_]+")
NAME = re.compile(r"_?[A-Za-z]\w*")
PYTHON = [
    path for folder in ("apps", "kaga_portal", "bench", "tests")
    for path in sorted((ROOT / folder).rglob("*.py")) if "migrations" not in path.parts and path.name != Path(__file__).name
]  # fmt: skip
FILES = {
    str(path.relative_to(ROOT))
    for folder in ("apps", "kaga_portal", "bench", "tests", "docs", "static", "templates", "locale")
    for path in (ROOT / folder).rglob("*")
} | {path.name for path in ROOT.iterdir()}
NOT_OURS = frozenset(["data_checksums", "SOURCE_FOLDER", "LEDGER_FOLDER", "LEDGER_STORAGE", "LEDGER_COPY_FOLDER", "SOURCE_FOLDER/.received", "172065/towa/", "KEY_SHARES_FOLDER", "var/uploads", "AbortSignal.timeout", "Array.prototype.at", "crypto.randomUUID", "crypto.subtle", "Object.hasOwn", "storage.persist", "roster.readonly", "lrs.example.jp", "pgtrigger.Trigger", "timezone.now", "lru_cache", "get_server", "pg_trigger", "pg_ctl", "pg_current_xact_id", "django_migrations", "gettext_lazy", "db_default", "db_constraint", "SET_NULL", "PROTECT", "is_superuser", "createsuperuser", "WsgiToAsgi", "BroadcastChannel", "sourcedId", "userMasterIdentifier", "enabledUser", "structuredClone", "localStorage", "log_parameter_max_length_on_error", "log_statement", "var/secrets.env", "archive_command", "build/sbom.cdx.json", "fonts/rare.woff2", ".venv/tools"])  # fmt: skip


class Names:
    """Every name the code gives to something, and every string that stands in it."""

    def __init__(self, paths):
        self.names, self.owners = set(), {}
        for path in paths:
            self._read(path, ast.parse(path.read_text("utf-8")))
        self.names |= {model._meta.db_table for model in apps.get_models()}
        self.names |= {path.stem for path in paths} | {path.parent.name for path in paths}

    def _read(self, path, tree):
        prose = {
            id(node.value) for node in ast.walk(tree)
            if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)
        }  # fmt: skip
        for node in ast.walk(tree):
            if id(node) in prose:
                continue
            name = getattr(node, "name", None) or getattr(node, "attr", None)
            name = name or getattr(node, "id", None) or getattr(node, "arg", None)
            if isinstance(node, ast.Constant) and isinstance(node.value, str):
                self.names |= {node.value, *re.findall(r"[\w.-]+", node.value)}
            if isinstance(name, str):
                self.names.add(name)
            if isinstance(node, ast.ClassDef):
                self.owners.setdefault(node.name, []).append(module_of(path))

    def has_member(self, dotted):
        """Whether ``Class.member`` or ``module.member`` (a module's last name) is there."""
        first, *rest = dotted.split(".")
        modules = [module_of(path) for path in PYTHON if path.stem == first]
        wholes = [f"{module}.{dotted}" for module in self.owners.get(first, [])]
        wholes += [".".join([module, *rest]) for module in modules]
        return any(resolves(whole) for whole in wholes)


def module_of(path):
    parts = path.relative_to(ROOT).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def resolves(dotted):
    """Whether the longest importable beginning of the name has the rest as attributes."""
    parts = dotted.split(".")
    for cut in range(len(parts), 0, -1):
        try:
            found = importlib.import_module(".".join(parts[:cut]))
        except ImportError:
            continue
        return _has(found, parts[cut:])
    return False


def _has(found, rest):
    for name in rest:
        if isinstance(found, type) and hasattr(found, "_meta") and _is_field(found, name):
            return True
        if not hasattr(found, name):
            return False
        found = getattr(found, name)
    return True


def _is_field(model, name):
    return any(name in (f.name, getattr(f, "attname", "")) for f in model._meta.get_fields())


def _is_model(dotted):
    label, _, name = dotted.partition(".")
    return label in apps.app_configs and name.lower() in apps.get_app_config(label).models


def is_file(path, folder):
    path = path.rstrip("/")
    if (folder / path).exists():
        return True
    if "/" not in path and folder.name == "bench":
        return False
    return any(file == path or file.endswith(f"/{path}") for file in FILES)


def known_urls():
    found = set()
    for path in (ROOT / "apps").rglob("urls.py"):
        text = path.read_text("utf-8")
        space = re.search(r'^app_name = "(\w+)"', text, re.MULTILINE)
        if space:
            found |= {f"{space[1]}:{name}" for name in re.findall(r'name="(\w+)"', text)}
    return found


def spans(text):
    return {span.strip() for span in CODE_SPAN.findall(FENCE.sub("", text))}


@pytest.fixture(scope="module")
def names():
    return Names(PYTHON)


@pytest.fixture(scope="module")
def other_words():
    """The words of scripts, templates and the Makefile."""
    files = [*ROOT.glob("static/js/*.js"), *ROOT.glob("templates/**/*.html"), ROOT / "Makefile"]
    return {word for file in files for word in re.findall(r"[\w-]+", file.read_text("utf-8"))}


def why_unknown(span, names, other_words, folder):
    """ "" where what the span names is there (or is no name at all); else what is missing."""
    span = CALL.sub("", span).split("[")[0].strip()
    if span in NOT_OURS or span in names.names:
        return ""
    if in_file := IN_FILE.fullmatch(span):
        path, name = in_file.groups()
        return "" if is_file(path, folder) and name in names.names else span
    if span.startswith(("/", ".", "-")) or " " in span:
        return ""
    if is_file(span, folder):
        return ""
    if PATH.fullmatch(span):
        return span
    if URL_NAME.fullmatch(span):
        return "" if span in known_urls() or span == "host:port" else span
    if DOTTED.fullmatch(span):
        return "" if _is_dotted_known(span, names) else span
    if folder.name == "bench":  # its single words are figures
        return ""
    if NAME.fullmatch(span) and ("_" in span or not span.islower()):
        return "" if span in other_words else span
    return ""


def _is_dotted_known(span, names):
    candidates = (span, f"apps.{span}", f"kaga_portal.{span}")
    return _is_model(span) or names.has_member(span) or any(map(resolves, candidates))


@pytest.mark.parametrize("document", DOCUMENTS, ids=label)
def test_a_document_names_only_what_exists(document, names, other_words):
    text = document.read_text("utf-8")
    unknown = [why_unknown(span, names, other_words, document.parent) for span in spans(text)]
    assert sorted(filter(None, unknown)) == []


def test_the_answers_to_asvs_name_only_files_that_exist():
    folder = ROOT / "docs" / "security"
    with (folder / "asvs.csv").open(encoding="utf-8", newline="") as file:
        named = {name for row in csv.DictReader(file) for name in FILE.findall(row["why"])}
    assert len(named) > 20
    assert sorted(name for name in named if not is_file(name.lower(), folder)) == []


@pytest.mark.parametrize(
    "span",
    ["apps/people/no_such.py", "people.permissions.no_such", "no_such_function", "NoSuchModel",
     "consent.services.decisions.no_such(student)", "signin:no_such", "Student.no_such"],
)  # fmt: skip
def test_what_does_not_exist_is_noticed(span, names, other_words):
    assert why_unknown(span, names, other_words, ROOT)
