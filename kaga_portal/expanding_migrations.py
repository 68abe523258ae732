"""Which migrations the code of the release before does not survive: it runs beside them for minutes.

A release adds (expand); what nobody uses any more goes in a later one (contract). A migration that
does otherwise says so in a line of its class, or is refused:

- ``contract_of = "1.2"``: no code since that release uses what goes. The release is in the changelog.
- ``beside_old_code = "why"``: the old code runs on all the same.
- ``needs_pause = "why"``: it does not; the changelog names the migration under Unreleased.
"""

import re
from collections.abc import Iterator, Mapping
from typing import Any

from django.contrib.postgres import operations as postgres
from django.db.migrations import Migration, operations
from django.db.migrations.loader import MigrationLoader
from django.db.migrations.operations.base import Operation
from django.db.migrations.state import ModelState, ProjectState
from django.db.models import CheckConstraint, Field, GeneratedField, ManyToManyField, Q
from django.db.models.fields import NOT_PROVIDED
from pgtrigger.migrations import AddTrigger, RemoveTrigger

from kaga_portal import published_migrations

HARMLESS: tuple[type[Operation], ...] = (
    operations.CreateModel, operations.AlterModelOptions, operations.AlterModelManagers,
    operations.AlterModelTableComment, operations.AddIndex, operations.RemoveIndex,
    operations.RenameIndex, operations.RemoveConstraint, RemoveTrigger,
    postgres.AddIndexConcurrently, postgres.RemoveIndexConcurrently, postgres.CreateExtension,
    postgres.ValidateConstraint,
)  # fmt: skip
GOES = (
    operations.DeleteModel, operations.RemoveField, operations.RenameField, operations.RenameModel,
    operations.AlterModelTable,
)  # fmt: skip
WIDER = {  # the code that writes the first may write the second
    "CharField": {"TextField"},
    "SmallIntegerField": {"IntegerField", "BigIntegerField"},
    "IntegerField": {"BigIntegerField"},
    "PositiveSmallIntegerField": {"PositiveIntegerField", "PositiveBigIntegerField"},
    "PositiveIntegerField": {"PositiveBigIntegerField"},
}
LISTS = ("__in", "__contained_by")  # the lookups of a check that a field is one of some values
OF_THE_CODE = {  # options of a field that the database does not know
    "auto_now", "auto_now_add", "blank", "choices", "db_comment", "default", "editable", "error_messages",
    "help_text", "limit_choices_to", "on_delete", "related_name", "related_query_name",
    "validators", "verbose_name",
}  # fmt: skip


def find_breaking_migrations(loader: MigrationLoader, changelog: str) -> list[str]:
    """A sentence for each migration since the published ones that may break the code before it."""
    published = published_migrations.read_list(published_migrations.LIST.read_text("ascii"))
    known = {tuple(path.removesuffix(".py").split("/")[1::2]) for path in published}
    ours = {app for app, _ in known}
    graph = loader.graph
    plan = dict.fromkeys(key for leaf in graph.leaf_nodes() for key in graph.forwards_plan(leaf))
    new = [key for key in plan if key[0] in ours and key not in known]
    state = ProjectState()
    for key in plan:
        if key not in new:
            graph.nodes[key].mutate_state(state, preserve=False)
    before = state.clone().models
    return [each for key in new for each in find_breaks(graph.nodes[key], state, before, changelog)]


def find_breaks(
    migration: Migration, state: ProjectState, before: Mapping[Any, ModelState], changelog: str
) -> list[str]:
    """The sentences about one migration; ``state`` moves on, ``before`` are the models of the release before."""
    name = f"{migration.app_label}.{migration.name}"
    wrong: list[str] = []
    for operation in migration.operations:
        wrong += _breaks(operation, migration.app_label, state, before)
        operation.state_forwards(migration.app_label, state)
    if not wrong or getattr(migration, "beside_old_code", None):
        return []
    if release := getattr(migration, "contract_of", ""):
        if re.search(rf"^## \[?{re.escape(release)}\b", changelog, re.M):
            return []
        return [f"{name} names {release!r}, which is no release of the changelog."]
    if getattr(migration, "needs_pause", ""):
        unreleased = changelog.partition("## Unreleased")[2].partition("\n## ")[0]
        return [] if name in unreleased else [f"The changelog does not name {name}."]
    return [f"{name}: {each}" for each in wrong]


def _breaks(operation: Any, app: str, state: ProjectState, before: Any) -> Iterator[str]:
    """What the code before does not survive of one operation."""
    if isinstance(operation, operations.SeparateDatabaseAndState):
        inner = state.clone()
        for each in operation.database_operations:
            yield from _breaks(each, app, inner, before)
            each.state_forwards(app, inner)
        return
    what = operation.describe()
    if isinstance(operation, HARMLESS):
        return
    table = app, getattr(operation, "model_name", "").lower()
    if isinstance(operation, GOES):
        if _is_in(before, operation, app):
            yield f"{what}: the code before still uses it."
    elif table[1] and table not in before:
        return  # a table that the code before does not know
    elif isinstance(operation, operations.AddField):
        if not _may_be_left_out(operation.field):
            yield f"{what}: the code before leaves it out. Give it db_default, or let it be empty."
    elif isinstance(operation, operations.AlterField):
        old = before[table].fields.get(operation.name)
        if old and (narrower := narrows(old, operation.field)):
            yield f"{what}: {narrower}."
    elif isinstance(operation, operations.AddConstraint):
        new: Any = operation
        if not _is_wider(_named(before[table], "constraints", new), new.constraint):
            yield f"{what}: the code before may write what it refuses."
    elif isinstance(operation, AddTrigger):
        if not _named(before[table], "triggers", operation):
            yield f"{what}: the code before may do what it refuses."
    else:
        yield f"{what}: nobody can tell by looking whether the code before runs on."


def narrows(old: Field, new: Field) -> str:
    """Why the code that writes the old field cannot write the new one; "" where it can."""
    (_, _, _, was), (_, _, _, is_now) = old.deconstruct(), new.deconstruct()
    kinds = type(old).__name__, type(new).__name__
    if kinds[0] != kinds[1] and kinds[1] not in WIDER.get(kinds[0], ()):
        return f"{kinds[0]} becomes {kinds[1]}"
    if old.null and not new.null:
        return "the code before may leave it empty"
    changed = {
        name for name in was.keys() | is_now.keys() if _plain(was, name) != _plain(is_now, name)
    } - OF_THE_CODE - {"null"}  # fmt: skip
    if "max_length" in changed and (new.max_length or 10**9) >= (old.max_length or 10**9):
        changed.discard("max_length")
    if was.get("numbers", {}).items() <= is_now.get("numbers", {}).items():
        changed.discard("numbers")  # of a CodeField
    if "db_default" in changed and new.db_default is not NOT_PROVIDED:
        changed.discard("db_default")
    changed -= {name for name in ("db_index", "unique") if not is_now.get(name)} | {"db_index"}
    return f"another {', '.join(sorted(changed))}" if changed else ""


def _plain(options, name):
    value = options.get(name)
    return value.deconstruct()[1:] if isinstance(value, Field) else value


def _may_be_left_out(field):
    has_default = field.db_default is not NOT_PROVIDED
    return field.null or has_default or isinstance(field, ManyToManyField | GeneratedField)


def _is_in(before, operation, app):
    """Whether the release before has the model or field that goes."""
    model = getattr(operation, "model_name", "").lower()
    name = getattr(operation, "name", "") or operation.old_name
    if model:
        return (app, model) in before and name in before[app, model].fields
    return (app, name.lower()) in before


def _named(model, option, operation):
    """The constraint or trigger of the release before with the name of the one that is added."""
    name = getattr(operation, option.removesuffix("s")).name
    return next((each for each in model.options.get(option, ()) if each.name == name), None)


def _is_wider(old, new):
    """Whether both are checks that one field has one of some values, of which the new has more."""
    was, is_now = _allowed(old), _allowed(new)
    return bool(was and is_now) and was[0] == is_now[0] and was[1] <= is_now[1]


def _allowed(constraint):
    """(field, values) of a check that a field is one of some values; None of any other."""
    condition = getattr(constraint, "condition", None)
    if not isinstance(constraint, CheckConstraint) or not isinstance(condition, Q):
        return None
    children = condition.children
    if len(children) != 1 or condition.negated or not isinstance(children[0], tuple):
        return None
    name, values = children[0]
    return (name, set(values)) if name.endswith(LISTS) else None
