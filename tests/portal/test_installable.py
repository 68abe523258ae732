"""The files that make the portal an app: manifest, worker, offline page."""

import json
import re
from pathlib import Path

import pytest
from django.conf import settings
from django.contrib.staticfiles.finders import find
from django.urls import reverse

MANIFEST, WORKER, OFFLINE, NOT_SENT, BLANK = (
    reverse(f"portal:{name}") for name in ("manifest", "sw", "offline", "not_sent", "blank")
)


def test_the_manifest_says_what_a_tablet_needs(client):
    answer = client.get(MANIFEST)
    manifest = json.loads(answer.content)
    assert answer["Content-Type"] == "application/manifest+json"
    assert manifest["display"] == "standalone"
    assert manifest["lang"] == "ja"
    assert len(manifest["short_name"]) <= 12
    assert {(icon["sizes"], icon["purpose"]) for icon in manifest["icons"]} == {
        ("192x192", "any"), ("512x512", "any"), ("512x512", "maskable"),
    }  # fmt: skip
    for icon in manifest["icons"]:
        assert find(icon["src"].removeprefix("/static/"))


def test_the_worker_is_asked_for_anew_each_time_and_serves_the_root(client):
    answer = client.get(WORKER)
    assert answer["Content-Type"].startswith("text/javascript")
    assert "no-cache" in answer["Cache-Control"]
    assert answer["Service-Worker-Allowed"] == "/"
    assert len(answer.content) <= 4096


def test_the_worker_keeps_static_files_and_pages_that_name_nobody(client):
    text = client.get(WORKER).content.decode()
    shell = json.loads(re.search(r"const SHELL = (\[.*?\]);", text).group(1))
    assert {OFFLINE, NOT_SENT, BLANK} <= set(shell)
    others = [path for path in shell if not path.startswith("/static/")]
    assert sorted(others) == sorted([OFFLINE, NOT_SENT, BLANK])
    cache = Path(settings.BASE_DIR, "static/js/offline_cache.js").read_text()
    assert f'const BLANK = "{BLANK}"' in cache


@pytest.mark.parametrize("path", [OFFLINE, NOT_SENT])
def test_what_the_worker_keeps_names_nobody_even_when_signed_in(cast, sign_in, path):
    browser = sign_in(cast.sakura.user)
    text = browser.get(path).content.decode()
    assert cast.sakura.given_name not in text
    assert "0120-0-78310" in text
    assert "110" in text
    assert "119" in text


@pytest.mark.parametrize("path", [MANIFEST, WORKER, OFFLINE, NOT_SENT])
def test_these_files_are_only_read(client, path):
    assert client.post(path).status_code == 405


def test_every_page_carries_the_strict_policy(client, db):
    policy = client.get("/")["Content-Security-Policy"]
    assert "default-src 'none'" in policy
    assert "unsafe" not in policy


def test_a_page_of_a_signed_in_person_is_never_stored(cast, sign_in):
    assert "no-store" in sign_in(cast.sakura.user).get("/")["Cache-Control"]


def test_a_page_that_is_not_there_says_so_in_words(client, db):
    answer = client.get("/nowhere/")
    assert answer.status_code == 404
    assert "この ページは ありません" in answer.content.decode()
