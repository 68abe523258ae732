"""A browser that crashed at a shared tablet brings back no word, and keeps none in its files."""

import os
import signal
from pathlib import Path

import pytest
from playwright.sync_api import sync_playwright

from tests.journeys.browser import FLAGS, PROGRAM
from tests.journeys.conftest import Walker
from tests.journeys.shared_tablet import FORMS, TYPED, WORDS, enter, staffed, write

pytestmark = [pytest.mark.journey, pytest.mark.django_db(transaction=True)]


def started(driver, folder, *more):
    return driver.chromium.launch_persistent_context(
        folder, executable_path=PROGRAM, args=[*FLAGS, *more], viewport={"width": 820, "height": 1180},
        locale="ja-JP", timezone_id="Asia/Tokyo",
    )  # fmt: skip


def browser_of(folder):
    """The process of the browser that this test started on its own folder."""
    for each in Path("/proc").glob("[0-9]*/cmdline"):
        words = each.read_bytes().split(b"\0")
        if f"--user-data-dir={folder}".encode() in words and b"--type=" not in b" ".join(words):
            return int(each.parent.name)
    raise AssertionError("no such browser")


def files_with(folder, words):
    """The files of a browser's folder in which these words can be read."""
    wanted = [words.encode(), words.encode("utf-16-le")]
    files = [path for path in Path(folder).rglob("*") if path.is_file()]
    return [path.name for path in files if any(each in path.read_bytes() for each in wanted)]


@pytest.mark.parametrize("path", FORMS)
def test_a_browser_that_crashed_brings_back_no_word_of_a_student(
    two_students, live_server, tmp_path, path
):
    staffed(two_students["さくら"][0])
    folder = str(tmp_path / "browser")
    with sync_playwright() as driver:
        context = started(driver, folder)
        tablet = Walker(context, live_server.url)
        enter(tablet, two_students["さくら"][1], "さくら")
        tablet.go(path)
        write(tablet.page, path)
        tablet.page.wait_for_timeout(4000)  # the browser writes its session down every few seconds
        tablet.page.evaluate("location.hash = 'main'")
        tablet.page.wait_for_timeout(4000)
        os.kill(browser_of(folder), signal.SIGKILL)
    assert files_with(folder, WORDS) == []
    with sync_playwright() as driver:
        context = started(driver, folder, "--restore-last-session")
        page = context.new_page()
        page.wait_for_timeout(2000)
        for each in context.pages:
            assert each.evaluate(TYPED) == ""
        context.close()
