"""Migrations that were published never change, and those of an app stand in one line."""

import re

from django.db.migrations.loader import MigrationLoader

from kaga_portal import published_migrations
from tests.code_files import OUR_LABELS


def test_no_published_migration_was_changed_or_removed():
    published = published_migrations.read_list(published_migrations.LIST.read_text("ascii"))
    assert len(published) > 100
    assert published_migrations.problems(published, published_migrations.digests()) == []


def test_what_was_changed_is_named_and_what_is_new_is_added(tmp_path):
    folder = tmp_path / "apps" / "one" / "migrations"
    folder.mkdir(parents=True)
    for name in ("0001_initial", "0002_more"):
        (folder / f"{name}.py").write_text(name)
    published = published_migrations.digests(tmp_path)
    text = published_migrations.as_text({}, published)
    assert published_migrations.read_list(text) == published
    (folder / "0003_new.py").write_text("new")
    found = published_migrations.digests(tmp_path)
    assert published_migrations.problems(published, found) == []
    assert published_migrations.as_text(published, found).count("\n") == 3
    (folder / "0001_initial.py").write_text("changed")
    (folder / "0002_more.py").unlink()
    changed, gone = published_migrations.problems(published, published_migrations.digests(tmp_path))
    assert "0001_initial.py has been published, and is another one now" in changed
    assert "0002_more.py has been published, and is gone" in gone


def test_the_migrations_of_an_app_are_one_line():
    """Each follows the one before it and has the next number: two branches cannot both add one."""
    loader = MigrationLoader(None)
    wrong = []
    for label in sorted(OUR_LABELS):
        names = sorted(name for app, name in loader.disk_migrations if app == label)
        if [int(re.match(r"\d{4}", name)[0]) for name in names] != list(range(1, len(names) + 1)):
            wrong.append(f"{label}: numbers {names}")
        for before, name in zip(names, names[1:], strict=False):
            own = [
                pk for app, pk in loader.disk_migrations[label, name].dependencies if app == label
            ]
            if own != [before]:
                wrong.append(f"{label}.{name} follows {own}, not {before}")
    assert wrong == []
