"""No source reads another municipality's folder, sends its secret, or calls an internal server."""

import os
import socket

import pytest
from django.urls import reverse

from apps.core.storage_aliases import SOURCES
from apps.core.stored_folders import DiskFolder
from apps.linkage.connectors.contract import AuthError
from apps.linkage.models import DataSource, LinkedRecord, RunState, SourceFile, SourceKind
from apps.linkage.services import data_sources, sync_runs
from apps.linkage.services.source_secrets import is_own_secret_name, seal_secret, source_credentials
from apps.linkage.source_folders import is_outside_folder
from tests.linkage.conftest import HEADER
from tests.linkage.test_attendance_import import days_ago
from tests.storage_folders import folder_of, use_folder


@pytest.fixture
def city(cast, sign_in):
    return sign_in(cast.officer.user)


@pytest.fixture
def theirs(cast, inbox):
    """A folder of another municipality, with a row of a code that this one has too."""
    folder = inbox.parent.parent / cast.away.code / "towa"
    folder.mkdir(parents=True)
    line = f"{HEADER}\r\n1001,{days_ago(1)},病欠,\r\n"
    (folder / "attendance_daily.csv").write_text(line, encoding="utf-8")
    return folder


@pytest.fixture
def lrs(cast):
    return DataSource.objects.create(
        municipality=cast.city, school=cast.school, kind=SourceKind.XAPI_LRS, title="学習",
        place="https://lrs.example/xapi", user_name="portal",
    )  # fmt: skip


def saved(city, source, **changes):
    """The answer to the form of a source, sent with these changes."""
    data = {
        "title": source.title, "place": source.place, "token_url": source.token_url,
        "user_name": "portal", "secret_name": "", "every_minutes": 60, "late_after_hours": 72,
        "is_on": "on", **changes,
    }  # fmt: skip
    page = city.post(reverse("admin:linkage_datasource_change", args=[source.pk]), data)
    source.refresh_from_db()
    return page


# -- folders ------------------------------------------------------------------------------------


def test_a_folder_of_the_same_name_is_each_municipality_s_own(agreed, source, theirs, inbox):
    run = sync_runs.sync_source(source)
    assert (run.state, run.n_read) == (RunState.DONE, 0)
    (theirs / "attendance_daily.csv").rename(inbox / "attendance_daily.csv")
    assert sync_runs.sync_source(source).n_kept == 1


@pytest.mark.parametrize(
    "place",
    ["../{away}/towa", "{root}/{away}/towa", "towa/../../{away}/towa", "..", ".", "", "/", "a/..",
     "./../{away}/towa", "..\\{away}\\towa", ".received", "towa/.hidden", "a//b",
     " ../{away}/towa", "towa/.. /{away}"],
)  # fmt: skip
def test_a_place_that_leaves_the_municipality_is_neither_saved_nor_read(
    agreed, source, theirs, inbox, city, place
):
    place = place.format(away=theirs.parent.name, root=inbox.parent.parent)
    assert is_outside_folder(place)
    assert saved(city, source, place=place).status_code == 422
    DataSource.objects.filter(pk=source.pk).update(place=place)
    run = sync_runs.sync_source(DataSource.objects.get(pk=source.pk))
    assert run.state == RunState.FAILED
    assert not SourceFile.objects.exists()
    assert city.post(reverse("admin:linkage_check", args=[source.pk])).status_code == 302


@pytest.mark.parametrize("what", ["folder", "its root", "a part of the way"])
def test_a_link_into_another_municipality_s_folder_is_not_followed(
    agreed, source, theirs, inbox, what
):
    inbox.rmdir()
    if what == "folder":
        inbox.symlink_to(theirs)
    elif what == "its root":
        inbox.parent.rmdir()
        inbox.parent.symlink_to(theirs.parent)
    else:
        (inbox.parent / "year").symlink_to(theirs.parent)
        DataSource.objects.filter(pk=source.pk).update(place="year/towa")
        source.refresh_from_db()
    run = sync_runs.sync_source(source)
    assert (run.state, run.n_read) == (RunState.FAILED, 0)
    assert "外を 指して" in run.message
    assert not LinkedRecord.objects.exists()


@pytest.mark.parametrize("what", ["link", "pipe", "folder"])
def test_a_file_exchanged_for_something_else_before_it_is_opened_is_not_read(theirs, inbox, what):
    path = inbox / "attendance_daily.csv"
    if what == "link":
        path.symlink_to(theirs / "attendance_daily.csv")
    elif what == "pipe":
        os.mkfifo(path)
    else:
        path.mkdir()
    with pytest.raises(OSError, match="."):
        DiskFolder(path.parent).open(path.name)


def test_a_place_that_begins_with_a_link_by_the_operator_is_read(agreed, source, put, settings):
    real = folder_of(SOURCES)
    os.symlink(real, f"{real}-link")
    use_folder(settings, SOURCES, f"{real}-link")
    put(f"1001,{days_ago(1)},病欠,")
    assert sync_runs.sync_source(source).n_kept == 1


# -- secrets ------------------------------------------------------------------------------------

STRANGE_NAMES = [
    "SOURCE_SECRET_172014_LRS", "SOURCE_SECRET_172065", "SOURCE_SECRET_172065_",
    "SOURCE_SECRET_17206_5X", "SOURCE_SECRET_1720650_LRS", "SOURCE_SECRET_LRS", "VAULT_KEYS",
    "source_secret_172065_LRS", "SOURCE_SECRET__172065_LRS",
]  # fmt: skip


@pytest.mark.parametrize("name", STRANGE_NAMES)
def test_a_secret_that_is_another_municipality_s_is_neither_named_nor_sent(
    cast, lrs, city, monkeypatch, name
):
    monkeypatch.setenv(name, "their secret")
    assert not is_own_secret_name(name, cast.city)
    assert saved(city, lrs, secret_name=name).status_code == 422
    lrs.secret_name = name
    with pytest.raises(ValueError, match="another municipality"):
        data_sources.save_source(lrs, by=cast.officer.user, fields=["secret_name"])
    with pytest.raises(AuthError, match="SOURCE_SECRET_172065_"):
        source_credentials(lrs)


def test_its_own_secret_is_read(cast, lrs, city, monkeypatch):
    monkeypatch.setenv("SOURCE_SECRET_172065_LRS", "ours")
    assert saved(city, lrs, secret_name="SOURCE_SECRET_172065_LRS").status_code == 302  # noqa: S106
    assert source_credentials(lrs) == ("portal", "ours")


# -- servers ------------------------------------------------------------------------------------

INNER = [
    "https://127.0.0.1/xapi", "https://127.1/xapi", "https://0x7f000001/", "https://2130706433/",
    "https://[::1]/xapi", "https://[::ffff:127.0.0.1]/", "https://localhost:8443/xapi",
    "https://10.0.0.5/xapi", "https://172.16.9.9/", "https://192.168.0.1/", "https://100.64.1.1/",
    "https://169.254.169.254/latest/meta-data/", "https://[fd00:ec2::254]/", "https://[fe80::1]/",
    "https://[64:ff9b::a9fe:a9fe]/", "https://[2002:7f00:1::]/", "https://0/",
    "https://user:pass@lrs.example/", "https://lrs.example\\@10.0.0.5/", "http://lrs.example/xapi",
    "https://lrs.example:0/", "https://ｌｒｓ.example/", "ftp://lrs.example/", "https://",
]  # fmt: skip


@pytest.mark.parametrize("place", INNER)
def test_an_address_inside_is_neither_saved_nor_asked(lrs, city, place):
    page = saved(city, lrs, place=place)
    assert page.status_code == 422
    assert page.context["adminform"].form.errors["place"]
    DataSource.objects.filter(pk=lrs.pk).update(place=place)
    lrs.refresh_from_db()
    seal_secret(lrs, "ours")
    lrs.save()
    run = sync_runs.sync_source(lrs)
    assert run.state == RunState.STOPPED
    assert "番地には つなぎません" in run.message


def test_a_token_is_fetched_from_no_inner_address(lrs, city):
    DataSource.objects.filter(pk=lrs.pk).update(kind=SourceKind.ONEROSTER)
    lrs.refresh_from_db()
    assert saved(city, lrs, token_url="https://10.0.0.5/token").status_code == 422  # noqa: S106
    with socket.create_server(("127.0.0.1", 0)) as inside:
        inside.setblocking(False)
        lrs.token_url = f"https://127.0.0.1:{inside.getsockname()[1]}/token"
        seal_secret(lrs, "ours")
        lrs.save()
        run = sync_runs.sync_source(lrs)
        assert run.state == RunState.STOPPED
        with pytest.raises(BlockingIOError):
            inside.accept()


def test_a_server_that_the_operator_lists_may_be_named(lrs, city, settings):
    settings.PRIVATE_SERVERS = ["sis.school.internal:8443", "http://10.0.0.5:8080"]
    for place in ("https://sis.school.internal:8443/xapi", "http://10.0.0.5:8080/xapi"):
        assert saved(city, lrs, place=place).status_code == 302
    for place in ("https://sis.school.internal/xapi", "https://10.0.0.5:8080/xapi"):
        assert saved(city, lrs, place=place).status_code == 422
