"""Mermaid diagrams of docs/architecture.md, made from the imports and the transition tables."""

import ast
import tomllib
from datetime import UTC, datetime
from itertools import product
from pathlib import Path
from uuid import UUID

from django.conf import settings

from apps.cases import case_states
from apps.consent.key_steps import KeyState, KeyStep, PendingEnd, next_step
from apps.file_jobs import job_states
from apps.helpdesk import issue_states, question_states
from apps.helpline.services import transitions as help_request_states
from apps.linkage import run_states
from apps.notices import notice_states
from apps.selfinfo import session_states

ROOT = Path(settings.BASE_DIR)
SOME_TIME = datetime(2026, 4, 1, tzinfo=UTC)
FIRST_STATES = {  # machine → the states in which its rows begin
    "key": ("no_key",),
    "help-request": ("sent",),
    "case": ("new",),
    "sync-run": ("waiting", "running", "held"),
    "self-info-session": ("created",),
    "notice": ("draft",),
    "file-job": ("waiting",),
    "support-question": ("new",),
    "support-issue": ("recorded",),
}


def render_diagrams() -> dict[str, str]:
    """{name of the place in the document: a Mermaid block}."""
    machines = {
        "key": key_changes(),
        "help-request": _changes(help_request_states.TRANSITIONS),
        "case": _labelled(case_states.TRANSITIONS),
        "sync-run": _changes(run_states.TRANSITIONS),
        "self-info-session": _changes(session_states.TRANSITIONS),
        "notice": _changes(notice_states.TRANSITIONS),
        "file-job": _changes(job_states.TRANSITIONS),
        "support-question": _changes(question_states.TRANSITIONS),
        "support-issue": _changes(issue_states.TRANSITIONS),
    }
    states = {
        name: state_diagram(changes, FIRST_STATES[name]) for name, changes in machines.items()
    }
    return {"layers": layers_diagram(layers(), imported_apps()), "apps": apps_table(), **states}


def state_diagram(changes: set[tuple[str, str, str]], first: tuple[str, ...]) -> str:
    """A state diagram of (from, to, label) changes; states that lead nowhere end it."""
    left = {before for before, _, _ in changes}
    reached = {after for _, after, _ in changes}
    lines = [f"    [*] --> {state}" for state in first]
    for before, after, label in sorted(changes):
        lines.append(f"    {before} --> {after}" + (f": {label}" if label else ""))
    lines += [f"    {state} --> [*]" for state in sorted(reached - left)]
    return _block("stateDiagram-v2", lines)


def _changes(table):
    return {
        (str(before), str(after), "") for before, following in table.items() for after in following
    }


def _labelled(table):
    """The changes of {state: {act: state}}, the acts between two states on one arrow."""
    acts = {}
    for before, following in table.items():
        for act, after in following.items():
            acts.setdefault((str(before), str(after)), []).append(act)
    return {(*pair, ", ".join(sorted(names))) for pair, names in acts.items()}


def key_changes() -> set[tuple[str, str, str]]:
    """What the rule does with a key, tried over every kind of circumstances."""
    after = {
        KeyStep.MAKE: "in_use",
        KeyStep.RESUME: "in_use",
        KeyStep.PAUSE: "paused",
        KeyStep.DESTROY: "destroyed",
    }
    found = set()
    cases = product(_keys().items(), (True, False), (True, False), (True, False), _holds())
    for (name, key), is_effective, is_final, is_undecided, hold in cases:
        step, _ = next_step(
            key, is_effective=is_effective, is_final=is_final, is_undecided=is_undecided,
            hold=hold, now=SOME_TIME,
        )  # fmt: skip
        if step is not None and after[step] != name.split("-")[0]:
            found.add((name.split("-")[0], after[step], step.value))
    return found


def _keys():
    """A key of each kind: none, in use, paused until a time that has come or without one."""
    some_id = UUID(int=1)
    return {
        "no_key": None,
        "in_use": KeyState(some_id),
        "paused": KeyState(some_id, SOME_TIME),
        "paused-due": KeyState(some_id, SOME_TIME, SOME_TIME),
    }


def _holds():
    return None, PendingEnd(None), PendingEnd(SOME_TIME)


def layers() -> list[list[str]]:
    """The apps of each layer, the highest first, as the import contract has them."""
    contract = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["tool"]["importlinter"]
    lines = contract["contracts"][0]["layers"]
    return [[name.strip().removeprefix("apps.") for name in line.split("|")] for line in lines]


def apps_table() -> str:
    """One row an app, the highest layer first: the first line of its ``__init__.py``."""
    rows = layers()
    lines = [
        f"| {number} | `{app}` | {first_line(app)} |"
        for number, row in zip(range(len(rows) - 1, -1, -1), rows, strict=True)
        for app in row
    ]
    lines.append(f"| – | `sandbox` | {first_line('sandbox')} |")
    return "\n".join(["| Layer | App | What it is |", "|---|---|---|", *lines])


def first_line(app: str) -> str:
    """The first line of the docstring of an app's package."""
    folder = ROOT if app == "kaga_portal" else ROOT / "apps"
    tree = ast.parse((folder / app / "__init__.py").read_text("utf-8"))
    return ast.get_docstring(tree).splitlines()[0]


def imported_apps() -> dict[str, set[str]]:
    """{app: the apps that its modules import}, kaga_portal among them."""
    folders = [*sorted((ROOT / "apps").glob("*/")), ROOT / "kaga_portal"]
    found = {folder.name: _imports_of(folder) for folder in folders if folder.name[0] != "_"}
    return {app: names - {app} for app, names in found.items()}


def _imports_of(folder):
    modules = set()
    for path in folder.rglob("*.py"):
        if "migrations" not in path.parts:
            modules.update(_imported_modules(ast.parse(path.read_text("utf-8"))))
    ours = {module.split(".")[1] for module in modules if module.startswith("apps.")}
    return ours | {"kaga_portal" for module in modules if module.split(".")[0] == "kaga_portal"}


def _imported_modules(tree):
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom) and node.module and not node.level:
            # "from apps.audit import x" and "from apps import audit" name an app alike
            yield from (f"{node.module}.{alias.name}" for alias in node.names)
        elif isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)


def layers_diagram(rows: list[list[str]], imports: dict[str, set[str]]) -> str:
    """The layers as boxes; an arrow for each import that no other path of arrows says already."""
    lines = []
    for number, row in zip(range(len(rows) - 1, -1, -1), rows, strict=True):
        lines += [f"    subgraph layer{number}[layer {number}]", "    direction LR"]
        lines += [f"    {app}" for app in row] + ["    end"]
    lines += [f"    {app}" for app in sorted(imports.keys() - {app for row in rows for app in row})]
    lines += [f"    {app} --> {below}" for app, below in sorted(_direct(imports))]
    return _block("flowchart TD", lines)


def _direct(imports):
    """The imports that do not follow from others (the transitive reduction)."""
    return {
        (app, below)
        for app, names in imports.items()
        for below in names
        if not any(below in _reached(other, imports) for other in names - {below})
    }


def _reached(app, imports):
    """Every app that this one imports, and those import, and so on."""
    found, waiting = set(), [app]
    while waiting:
        new = imports.get(waiting.pop(), set()) - found
        found |= new
        waiting += new
    return found


def _block(kind, lines):
    return "\n".join(["```mermaid", kind, *lines, "```"])
