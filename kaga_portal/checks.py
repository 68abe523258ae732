"""Django system checks of the settings.

They run with every management command. The servers and keys themselves are checked when a process
starts (kaga_portal.startup_checks).
"""

import os
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric import ec
from django.conf import settings
from django.core.checks import Error, Warning
from django.core.exceptions import ImproperlyConfigured

from apps.core.crypto import BadKeyRing, KeyRing
from apps.core.fonts import MAIN_FONT
from apps.linkage.connectors.contract import AuthError
from apps.selfinfo.mynaportal import MynaPortalEndpoint
from kaga_portal.backend_checks import check_backends
from kaga_portal.key_share_checks import check_key_shares
from kaga_portal.secrets_file import b64decode
from kaga_portal.storage_checks import check_storages

MAX_VAULT_KEYS = 8
MIN_SECRET_LENGTH = 16
GENERATE_HINT = "python -m kaga_portal.secrets_file prints a fresh set."


def check_settings(app_configs=None, **kwargs):
    """System check: each Error says what is missing and what to do."""
    problems = [*_secrets(), *_engine(), *_self_info(), *_fonts()]
    if settings.IS_PRODUCTION:
        problems += _production()
    return problems


def _secrets():
    try:
        secret_key = settings.SECRET_KEY
    except ImproperlyConfigured:
        secret_key = ""
    if not secret_key:
        yield Error(
            "SECRET_KEY is not set.",
            hint=f"Set it to a long random text. {GENERATE_HINT}",
            id="kaga.E001",
        )
    for name, number in (("VAULT_KEYS", "E002"), ("SIGNING_KEYS", "E010")):
        try:
            KeyRing.parse(getattr(settings, name))
        except BadKeyRing as error:
            yield Error(f"{name} is not usable: {error}", hint=GENERATE_HINT, id=f"kaga.{number}")
        else:
            yield from _few_keys(name)
    if any(len(secret) < MIN_SECRET_LENGTH for secret in settings.SECRET_KEY_FALLBACKS):
        yield Error(
            "SECRET_KEY_FALLBACKS holds a value too short to have been a SECRET_KEY.",
            hint="Former values of SECRET_KEY, the newest first, with commas between them.",
            id="kaga.E021",
        )
    for name in ("VAPID_PRIVATE_KEY", "VAPID_PUBLIC_KEY", "VAPID_SUBJECT"):
        if not getattr(settings, name):
            yield Error(f"{name} is not set.", hint=GENERATE_HINT, id="kaga.E003")
    if settings.VAPID_PRIVATE_KEY and settings.VAPID_PUBLIC_KEY and not _is_vapid_pair():
        yield Error(
            "VAPID_PUBLIC_KEY does not belong to VAPID_PRIVATE_KEY: every push would be refused.",
            hint=GENERATE_HINT,
            id="kaga.E004",
        )
    if settings.VAPID_SUBJECT and not settings.VAPID_SUBJECT.startswith(("mailto:", "https:")):
        yield Error(
            "VAPID_SUBJECT must be a mailto: or https: address (RFC 8292, section 2.1).",
            id="kaga.E005",
        )


def _few_keys(name):
    """Codes are searched under every key of the ring: more than a few keys make that slow."""
    n_keys = len(KeyRing.parse(getattr(settings, name)).keys)
    if name == "VAULT_KEYS" and n_keys > MAX_VAULT_KEYS:
        yield Error(
            f"VAULT_KEYS holds {n_keys} keys, more than {MAX_VAULT_KEYS}.",
            hint="Run rotate_vault_keys and take out those that nothing needs any more.",
            id="kaga.E022",
        )


def _is_vapid_pair():
    try:
        scalar = int.from_bytes(b64decode(settings.VAPID_PRIVATE_KEY), "big")
        numbers = ec.derive_private_key(scalar, ec.SECP256R1()).public_key().public_numbers()
        point = b"\x04" + numbers.x.to_bytes(32, "big") + numbers.y.to_bytes(32, "big")
        return point == b64decode(settings.VAPID_PUBLIC_KEY)
    except ValueError:
        return False


def _engine():
    if not settings.DATABASE_URL.startswith(("postgres://", "postgresql://")):
        yield Error(
            "The portal runs on PostgreSQL only: row locks, triggers and one transaction for "
            "consent, key and record depend on it.",
            hint="Set DATABASE_URL=postgres://…, or start through manage.py without it.",
            id="kaga.E006",
        )
    if not settings.REDIS_URL:
        yield Error(
            "REDIS_URL is not set.",
            hint="Set it to a Redis-protocol server, or start through manage.py without it.",
            id="kaga.E007",
        )


def _self_info():
    """マイナポータル is configured completely or not at all: half of it would fail in front of a guardian."""
    names = ("URL", "AUTHORISE_URL", "CLIENT_ID", "CERTIFICATE", "CERTIFICATE_KEY")
    given = {name: getattr(settings, f"SELF_INFO_{name}") for name in names}
    missing = [f"SELF_INFO_{name}" for name, value in given.items() if not value]
    if len(missing) == len(names):
        return
    if missing:
        yield Error(
            f"{', '.join(missing)} is not set, though other SELF_INFO_ settings are.",
            hint="Set all of SELF_INFO_URL, _AUTHORISE_URL, _CLIENT_ID, _CERTIFICATE and "
            "_CERTIFICATE_KEY, or none of them: then the feature is off.",
            id="kaga.E013",
        )
        return
    try:
        MynaPortalEndpoint(
            given["URL"], given["AUTHORISE_URL"], given["CLIENT_ID"], ("x", "y")
        ).check()
    except AuthError:
        yield Error(
            "SELF_INFO_URL and SELF_INFO_AUTHORISE_URL must begin with https://, and "
            "SELF_INFO_CLIENT_ID must look like SP12345678_AB1234.",
            id="kaga.E014",
        )
    for name in ("CERTIFICATE", "CERTIFICATE_KEY"):
        if not os.access(given[name], os.R_OK):
            yield Error(f"SELF_INFO_{name} names a file that cannot be read.", id="kaga.E015")


def _fonts():
    """Receipts need the font; rare variants of characters need a further one."""
    if not MAIN_FONT.exists():
        yield Error(
            f"The font of the PDFs is not there: {MAIN_FONT}.",
            hint="Install what requirements.txt names.",
            id="kaga.E016",
        )
    missing = [name for name in settings.EXTRA_FONTS if not Path(name).exists()]
    if missing and settings.IS_PRODUCTION:
        yield Warning(
            f"EXTRA_FONTS names files that are not there: {', '.join(missing)}. PDFs print "
            "variants of the MJ collection in the plain form of the character and say so.",
            hint="On Debian: apt-get install fonts-ipamj-mincho",
            id="kaga.W001",
        )


def _production():
    yield from check_backends()
    if not settings.ALLOWED_HOSTS or "*" in settings.ALLOWED_HOSTS:
        yield Error(
            "ALLOWED_HOSTS must name the portal's host names.",
            hint="For example ALLOWED_HOSTS=portal.city.example",
            id="kaga.E008",
        )
    yield from check_key_shares()
    yield from check_storages()
    if not settings.PORTAL_URL.startswith("https://"):
        yield Error(
            "PORTAL_URL must be the https:// address printed on cards and letters.",
            hint="For example PORTAL_URL=https://portal.city.example",
            id="kaga.E009",
        )
