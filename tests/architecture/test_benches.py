"""Every bench starts, and what it takes from our code is there; what it measures needs a run."""

import ast
import importlib
import importlib.util
import re
import subprocess
import sys
from pathlib import Path

import pytest
from django.urls import reverse

from apps.checkins.models import CheckIn
from bench import checkin_seed, ranks
from tests.code_files import ROOT

FOLDER = ROOT / "bench"
FILES = sorted(FOLDER.rglob("*.py"))
BENCHES = [path for path in FILES if '"--quick"' in path.read_text("utf-8")]
OURS = {"apps", "bench", "kaga_portal", "tests"}
FILE_NAME = re.compile(r"[\w/-]+\.(py|cjs|sql)")
MODULE_NAME = re.compile(r"(bench(?:\.\w+)+)(:\w+)?")
# One process for all of them: Django is loaded once.
SHOW_HELP = """
import runpy, sys
for path in sys.argv[1:]:
    sys.argv, code = [path, "--help"], None
    try:
        runpy.run_path(path, run_name="__main__")
    except SystemExit as end:
        code = end.code
    if code != 0:
        sys.exit(f"{path} ended with {code}")
"""


class FileNames:
    """The names that a file of the benches defines; it is read, not run."""

    def __init__(self, path: Path) -> None:
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(node, ast.FunctionDef | ast.ClassDef):
                setattr(self, node.name, node)
            elif isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
                setattr(self, node.id, node)
            elif isinstance(node, ast.alias):
                setattr(self, (node.asname or node.name).partition(".")[0], node)


def load(module: str):
    """A module of ours; one of the benches as its FileNames."""
    if not module.startswith("bench."):
        return importlib.import_module(module)
    path = ROOT / module.replace(".", "/")
    return FileNames(path.with_suffix(".py"))


def find(module: str, name: str):
    """What ``from module import name`` gives. Raises ImportError or AttributeError."""
    if (ROOT / module.replace(".", "/") / f"{name}.py").exists():
        return load(f"{module}.{name}")
    return getattr(load(module), name)


def missing_names(code: str):
    """The names of ours that this code imports, or reads from a module or class, in vain."""
    tree, found = ast.parse(code), {}
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom) and node.module.partition(".")[0] in OURS:
            for alias in node.names:
                if alias.name == "*":
                    continue
                try:
                    found[alias.asname or alias.name] = find(node.module, alias.name)
                except (ImportError, AttributeError, OSError):
                    yield f"{node.module}.{alias.name}"
    for node in ast.walk(tree):
        if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name):
            owner = found.get(node.value.id)
            is_owner = isinstance(owner, type | FileNames | type(ast))
            if is_owner and not hasattr(owner, node.attr):
                yield f"{node.value.id}.{node.attr}"


def missing_files(code: str):
    """The files and modules of the benches that strings of this code name in vain."""
    for node in ast.walk(ast.parse(code)):
        text = node.value if isinstance(node, ast.Constant) else None
        if not isinstance(text, str):
            continue
        if FILE_NAME.fullmatch(text) and not any((at / text).exists() for at in (ROOT, FOLDER)):
            yield text
        named = MODULE_NAME.fullmatch(text)
        if named and importlib.util.find_spec(named[1]) is None:
            yield text


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(FOLDER)))
def test_what_a_bench_takes_from_our_code_is_there(path):
    code = path.read_text("utf-8")
    assert [*missing_names(code), *missing_files(code)] == []


def test_a_name_that_is_gone_is_found():
    code = (
        "from apps.people.models import Role, Gone\nfrom bench import harness\n"
        "Role.GONE\nharness.gone()\nopen('gone.py')"
    )
    assert list(missing_names(code)) == ["apps.people.models.Gone", "Role.GONE", "harness.gone"]
    assert list(missing_files(code)) == ["gone.py"]


def test_every_bench_starts():
    done = subprocess.run(
        [sys.executable, "-c", SHOW_HELP, *map(str, BENCHES)],
        cwd=ROOT, capture_output=True, text=True, timeout=120, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr[-2000:]


def test_the_table_names_every_bench():
    rows = re.findall(r"^\| `(\w+\.py)` \|", (FOLDER / "README.md").read_text("utf-8"), re.M)
    assert sorted(rows) == [path.name for path in BENCHES]


def test_the_load_of_check_ins_is_sealed_as_a_page_does_it(db, client, tmp_path):
    city = checkin_seed.seed(2, 2, tmp_path / "sealed")["municipality"]
    items = ", ".join((tmp_path / "sealed").read_text("utf-8").splitlines())
    body = f'{{"items": [{items}]}}'
    answer = client.post(reverse("checkins:deliver"), body, content_type="application/json")
    assert {item["state"] for item in answer.json()["items"]} == {"kept"}
    assert CheckIn.objects.filter(municipality=city).count() == 2


def test_the_rank_test_finds_what_is_slower_and_no_order_of_turns():
    one = [1.1, 1.2, 1.2, 1.3, 1.4, 1.5]
    assert ranks.z_of_ranks(one, list(one)) == 0
    assert ranks.z_of_ranks(one * 4, [value + 0.2 for value in one] * 4) > ranks.NOTICED
    # U is 25.5 of 36, with three equals and two: 7.5 / sqrt(36 / 12 * (13 - 30 / 132))
    other = [1.2, 1.35, 1.36, 1.37, 1.5, 1.6]
    assert ranks.z_of_ranks(one, other) == pytest.approx(1.2116, abs=1e-4)
    assert ranks.z_of_ranks(other, one) == pytest.approx(-1.2116, abs=1e-4)
