"""Every module that uses a key is in the literal table of uses, and in the document."""

import importlib
import re
from pathlib import Path

from django.conf import settings

from kaga_portal.generated_documents import replace_parts
from kaga_portal.key_uses import KEYS, USES
from kaga_portal.security_tables import render_tables

BASE = Path(settings.BASE_DIR)
TOUCHES = re.compile(
    r"key_ring\(|blind_indexes\(|keyed_digests\(|sealed_text\.(seal|open_)\(|\bseal_in\(|\bopen_in\("
    r"|settings\.(SECRET_KEY|VAULT_KEYS|SIGNING_KEYS|VAPID_PRIVATE_KEY|VAPID_PUBLIC_KEY)"
    r"|salted_hmac\(|signing\.(dumps|loads|Signer|TimestampSigner)|\bSigner\(|\bsign_token\(|hmac\.(digest|new)\("
    r"|\bFernet\(|AESGCM\(|Ed25519PrivateKey|blake2b\(|Suite\(|Argon2|TEXT_SEALER|RingColumn\("
)
# They check whether keys exist, or declare a column: ring_columns of the models are counted
# by tests/vault/test_ring_usage.py. Stand-ins of the outer world keep keys of their own.
# Checksums without a key find damaged files.
NOT_A_USE = (
    "apps.vault.ring_models",
    "apps.vault.erasure_list",
    "apps.vault.share_database",
    "apps.vault.share_folder",
    "apps.vault.shares",
    "kaga_portal.",
    "apps.sandbox.",
    "apps.vault.management",
    "apps.vault.services.paper_codes",
)


def modules_that_touch_a_key():
    found = set()
    for path in [*BASE.glob("apps/**/*.py"), *BASE.glob("kaga_portal/**/*.py")]:
        name = ".".join(path.relative_to(BASE).with_suffix("").parts)
        if ".migrations." in name or name.startswith(NOT_A_USE) or ".models" in name:
            continue
        if TOUCHES.search(path.read_text()):
            found.add(name)
    return found


def test_every_module_that_touches_a_key_stands_in_the_table_of_uses():
    listed = {module for use in USES for module in use.modules}
    found = modules_that_touch_a_key()
    assert len(found) > 25
    assert found - listed == set()


def test_every_module_of_the_table_exists_and_every_key_is_described():
    for use in USES:
        assert use.key in KEYS, use
        for module in use.modules:
            importlib.import_module(module)
    assert {use.key for use in USES} == set(KEYS)


def test_the_document_shows_the_tables_of_the_code():
    document = (BASE / "docs" / "security" / "keys-and-data.md").read_text()
    assert replace_parts(document, render_tables()) == document, "run make docs"
