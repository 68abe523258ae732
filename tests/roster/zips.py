"""Small roster zips, each broken in one way, built with the invented school's own writer."""

import csv
import io
import zipfile

from django.utils import timezone

from apps.core.school_years import school_year_of
from kaga_portal.demo import invented_people, roster_zip


def good(seed="roster", keep=6):
    """A zip of the first ``keep`` students of an invented school, of the school year of now."""
    school = invented_people.invent_school(seed, school_year_of(timezone.localdate()))
    del school.pupils[keep:]
    del school.classes[1:]
    return roster_zip.write_roster_zip(
        school, school_name="みほん中学校(架空)", school_code="C117299990017",
        district_name="加賀市(架空)", district_code="172065",
    )  # fmt: skip


def changed(content, file, change):
    """The zip with one file's bytes put through ``change`` (None removes the file)."""
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(content)) as old, zipfile.ZipFile(out, "w") as new:
        for name in old.namelist():
            body = change(old.read(name)) if name == file else old.read(name)
            if body is not None:
                new.writestr(name, body)
    return out.getvalue()


def swapped(old, new, count=1):
    """A change that replaces text once (or ``count`` times)."""
    return lambda body: body.decode().replace(old, new, count).encode()


def added(content, file, body):
    """The zip with one file more."""
    out = io.BytesIO(content)
    with zipfile.ZipFile(out, "a") as archive:
        archive.writestr(file, body)
    return out.getvalue()


def edited(content, file, edit):
    """The zip with one file's rows ([{column: text}]) put through ``edit``, in place."""
    return changed(content, file, lambda body: _edited(body.decode(), edit))


def _edited(text, edit):
    rows = list(csv.DictReader(io.StringIO(text, newline="")))
    edit(rows)
    out = io.StringIO()
    writer = csv.DictWriter(out, rows[0], quoting=csv.QUOTE_ALL, lineterminator="\r\n")
    writer.writeheader()
    writer.writerows(rows)
    return out.getvalue().encode()


def without_guardians(content):
    """The roster as most schools send it: without guardians."""

    def drop(rows):
        gone = {g for row in rows for g in row["agentSourcedIds"].split(",") if g}
        rows[:] = [row for row in rows if row["sourcedId"] not in gone]
        for row in rows:
            row["agentSourcedIds"] = ""

    def drop_roles(rows):
        rows[:] = [row for row in rows if row["role"] != "guardian"]

    return edited(edited(content, "users.csv", drop), "roles.csv", drop_roles)


NAMES = ("familyName", "givenName", "preferredFamilyName", "preferredGivenName")
KANA = ("metadata.jp.kanaFamilyName", "metadata.jp.kanaGivenName")


def rotated(content, source_ids):
    """The roster in which each of these people has the names of the next, under their own ids."""

    def edit(rows):
        own = [row for row in rows if row["sourcedId"] in source_ids]
        own_names = [{column: row[column] for column in NAMES + KANA} for row in own]
        for row, names in zip(own, own_names[1:] + own_names[:1], strict=True):
            row.update(names)

    return edited(content, "users.csv", edit)


def renamed(content, source_id, **columns):
    """The roster with other cells of one person (given, kana, family, family_kana, …)."""
    places = {
        "given": "givenName", "family": "familyName", "kana": KANA[1], "family_kana": KANA[0],
    }  # fmt: skip

    def edit(rows):
        row = next(row for row in rows if row["sourcedId"] == source_id)
        row.update({"preferredGivenName": "", "preferredFamilyName": ""})
        row.update({places.get(column, column): text for column, text in columns.items()})

    return edited(content, "users.csv", edit)
