"""What a release does to the tables, the code of the release before survives."""

from pathlib import Path

import pytest
from django.conf import settings
from django.db import migrations, models
from django.db.migrations.loader import MigrationLoader
from django.db.migrations.state import ProjectState
from pgtrigger.compiler import Trigger, UpsertTriggerSql
from pgtrigger.migrations import AddTrigger

from kaga_portal import expanding_migrations

CHANGELOG = (
    "## Unreleased\n- app.0002_new stops the portal\n## 1.0 - 2026-12-01\n- app.0003_other\n"
)
GOES = "Delete model EntrustedAccess: the code before still uses it."
KEY = ("id", models.BigAutoField(primary_key=True))
FORMER = [
    migrations.CreateModel("Old", [KEY]),
    migrations.CreateModel(
        "Thing",
        [KEY, ("name", models.CharField(max_length=20)), ("note", models.TextField(null=True)),
         ("size", models.SmallIntegerField(default=1))],
        options={"constraints": [models.CheckConstraint(
            condition=models.Q(name__in=["a", "b"]), name="thing_name")]},
    ),
]  # fmt: skip


def field(change, name, **options):
    return change("thing", name, options.pop("of")(**options))


def check(*values, name="thing_name"):
    condition = models.Q(name__in=[*values])
    return migrations.AddConstraint("thing", models.CheckConstraint(condition=condition, name=name))


CHAR, TEXT = models.CharField, models.TextField
BREAKING = [
    migrations.RemoveField("thing", "note"),
    migrations.RenameField("thing", "note", "text"),
    migrations.RenameModel("Old", "Older"),
    migrations.DeleteModel("Old"),
    migrations.AlterModelTable("thing", "other"),
    field(migrations.AddField, "word", of=CHAR, max_length=9, default=""),
    field(migrations.AlterField, "name", of=CHAR, max_length=19),
    field(migrations.AlterField, "name", of=CHAR, max_length=20, unique=True),
    field(migrations.AlterField, "note", of=TEXT, default=""),
    field(migrations.AlterField, "size", of=TEXT),
    check("a"),
    check("a", "b", name="another"),
    migrations.AddConstraint(
        "thing", models.UniqueConstraint(fields=["name"], name="one_of_a_name")
    ),
    migrations.RunSQL("UPDATE thing SET name = 'a'"),
    migrations.RunPython(migrations.RunPython.noop),
    migrations.AlterUniqueTogether("thing", {("name", "size")}),
    migrations.SeparateDatabaseAndState([migrations.RemoveField("thing", "note")], []),
]
FINE = [
    migrations.CreateModel("New", [KEY, ("name", CHAR(max_length=9))]),
    migrations.AddField("new", "word", CHAR(max_length=9, default="")),
    migrations.RemoveField("new", "word"),
    field(migrations.AddField, "word", of=CHAR, max_length=9, db_default=""),
    field(migrations.AddField, "other", of=TEXT, null=True),
    migrations.AddField("thing", "olds", models.ManyToManyField("app.Old")),
    field(migrations.AlterField, "name", of=CHAR, max_length=30, verbose_name="name"),
    field(migrations.AlterField, "size", of=models.IntegerField, default=2),
    migrations.RemoveConstraint("thing", "thing_name"),
    check("a", "b", "c"),
    migrations.AlterModelOptions("thing", {"ordering": ["name"]}),
    migrations.SeparateDatabaseAndState([], [migrations.RemoveField("thing", "size")]),
]


def judged(*done, **says):
    state = ProjectState()
    former = migrations.Migration("0001_initial", "app")
    former.operations = FORMER
    state = former.mutate_state(state)
    new = migrations.Migration("0002_new", "app")
    new.operations = list(done)
    vars(new).update(says)
    return expanding_migrations.find_breaks(new, state, state.clone().models, CHANGELOG)


def test_what_the_code_before_does_not_survive_is_named():
    assert [operation for operation in BREAKING if not judged(operation)] == []
    assert judged(BREAKING[0]) == [
        "app.0002_new: Remove field note from thing: the code before still uses it."
    ]


def test_what_only_adds_passes():
    assert judged(*FINE) == []


def test_a_new_trigger_of_a_table_in_use_is_named():
    sql = UpsertTriggerSql(
        func="RETURN NULL;", hash="x", operation="DELETE", pgid="kept", table="thing", when="BEFORE"
    )
    made = Trigger(name="kept", sql=sql)
    (found,) = judged(AddTrigger("thing", made))
    assert found.endswith("the code before may do what it refuses.")


@pytest.mark.parametrize(
    ("says", "ending"),
    [
        ({"beside_old_code": "no code of 1.0 writes it"}, None),
        ({"contract_of": "1.0"}, None),
        ({"contract_of": "0.9"}, "which is no release of the changelog."),
        ({"needs_pause": "all rows are written anew"}, None),
    ],
)
def test_a_migration_may_say_why_it_is_so(says, ending):
    found = judged(BREAKING[0], **says)
    assert bool(found) == bool(ending)
    assert not found or found[0].endswith(ending)


def test_no_migration_since_the_published_ones_breaks_the_code_before():
    changelog = (Path(settings.BASE_DIR) / "CHANGELOG.md").read_text()
    assert expanding_migrations.find_breaking_migrations(MigrationLoader(None), changelog) == []


def test_those_that_are_new_are_judged(monkeypatch, tmp_path):
    """With a list that ends earlier, what the migrations after it did is found."""
    lines = expanding_migrations.published_migrations.LIST.read_text("ascii").splitlines(True)
    earlier = tmp_path / "published.txt"
    last = "people/migrations/0002_no_entrusted_access"
    earlier.write_text("".join(line for line in lines if last not in line))
    monkeypatch.setattr(expanding_migrations.published_migrations, "LIST", earlier)
    found = expanding_migrations.find_breaking_migrations(MigrationLoader(None), CHANGELOG)
    assert found == [f"people.0002_no_entrusted_access: {GOES}"]
