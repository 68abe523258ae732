"""Small roster zips, each broken in one way, built from the invented school's own writer."""

import io
import zipfile

from apps.core.clock import today
from apps.people.school_years import school_year_of
from kaga_portal.demo import people, roster_zip


def good(seed="roster", keep=6):
    """A zip of the first ``keep`` students of an invented school, of the school year of now."""
    school = people.invent(seed, school_year_of(today()))
    del school.pupils[keep:]
    del school.classes[1:]
    return roster_zip.write(
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
