"""Checks production's database, broker, cache and mail: encrypted, verified, with a password.

Exceptions need a written reason. Every error names the variable to set.
"""

from collections.abc import Iterator
from urllib.parse import parse_qs, urlsplit

from django.conf import settings
from django.core.checks import CheckMessage, Error
from django.db import Error as DatabaseError
from django.db import connection

BACKENDS = ("database", "key-shares", "broker", "cache", "mail", "files")
MIN_REASON_LENGTH = 10  # characters: a reason, not a dot
OPT_OUT_HINT = (
    "Or, where nothing leaves this machine (a unix socket, loopback, a tunnel of its own), say so: "
    'PLAIN_BACKENDS="{name}=why no encryption is needed" (several with ;).'
)
OWNED_TABLES_SQL = """
    SELECT count(*) FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
    WHERE n.nspname = 'public' AND c.relkind IN ('r', 'p')
      AND pg_has_role(current_user, c.relowner, 'USAGE')
"""
PASSES_POLICIES_SQL = "SELECT rolsuper OR rolbypassrls FROM pg_roles WHERE rolname = current_user"


def check_backends() -> Iterator[CheckMessage]:
    """Errors about proxies, database, broker, cache and mail; in production only."""
    yield from _proxies()
    plain = plain_backends()
    yield from _reasons(plain)
    if "database" not in plain:
        yield from _database()
    for name, variable, url in (
        ("broker", "REDIS_URL", settings.REDIS_URL),
        ("cache", "CACHE_URL", settings.CACHE_URL),
    ):
        if name not in plain:
            yield from _redis(name, variable, url)
    yield from _mail("mail" in plain)


def check_database_role(app_configs=None, **kwargs) -> list[CheckMessage]:
    """Deploy check: the role of DATABASE_URL must not pass row-level security, nor own the tables."""
    try:
        with connection.cursor() as cursor:
            cursor.execute(OWNED_TABLES_SQL)
            (n_owned,) = cursor.fetchone()
            cursor.execute(PASSES_POLICIES_SQL)
            (passes_policies,) = cursor.fetchone()
    except DatabaseError:
        return []  # the database cannot be asked; another check reports that
    if not settings.IS_PRODUCTION or not (n_owned or passes_policies):
        return []
    if passes_policies:
        return [
            Error(
                "The database role of DATABASE_URL is a superuser or has BYPASSRLS: it would see the "
                "rows of every municipality in every request.",
                hint="docs/operations/several-hosts.md says which two roles there are.",
                id="kaga.E045",
            )
        ]
    return [
        Error(
            f"The database role of DATABASE_URL owns {n_owned} tables: it could switch off what "
            "makes the records append-only and what keeps municipalities apart.",
            hint="Migrate as the owner, then run 'manage.py grant_app_role ROLE' and let web and "
            "workers use that role.",
            id="kaga.E046",
        )
    ]


def _proxies():
    count = settings.TRUSTED_PROXY_COUNT
    if not count.isdecimal():
        yield Error(
            "TRUSTED_PROXY_COUNT is not set to a number: behind a proxy everybody would share one "
            "address, and one person's failed sign-ins would count against all.",
            hint="The number of proxies in front of the portal; 0 only where browsers reach it "
            "directly.",
            id="kaga.E030",
        )


def plain_backends() -> dict[str, str]:
    """{name: reason} of PLAIN_BACKENDS."""
    parts = (part.partition("=") for part in settings.PLAIN_BACKENDS.split(";") if part.strip())
    return {name.strip(): why.strip() for name, _, why in parts}


def _reasons(plain):
    for name, why in plain.items():
        if name not in BACKENDS or len(why) < MIN_REASON_LENGTH:
            yield Error(
                f"PLAIN_BACKENDS says {name!r} without a known name ({', '.join(BACKENDS)}) and a "
                "reason in words.",
                hint=OPT_OUT_HINT.format(name="database"),
                id="kaga.E031",
            )


def _database():
    options = settings.DATABASES["default"].get("OPTIONS", {})
    if options.get("sslmode") != "verify-full":
        yield Error(
            "DATABASE_URL has no sslmode=verify-full: the connection may fall back to plain text, "
            "or end at somebody else's server.",
            hint="Add ?sslmode=verify-full&sslrootcert=/path/to/ca.pem (or sslrootcert=system). "
            + OPT_OUT_HINT.format(name="database"),
            id="kaga.E032",
        )


def _redis(name, variable, url):
    parts = urlsplit(url)
    checked = parse_qs(parts.query).get("ssl_cert_reqs", ["required"])[-1].lower()
    if parts.scheme != "rediss" or checked not in ("required", "cert_required"):
        yield Error(
            f"{variable} is not encrypted, or checks no certificate.",
            hint="Use rediss://user:password@host:6380/0. " + OPT_OUT_HINT.format(name=name),
            id="kaga.E033",
        )
    if not parts.password:
        yield Error(
            f"{variable} has no password: whoever reaches the server could read and change what "
            "waits there.",
            hint="Use rediss://user:password@host:6380/0. " + OPT_OUT_HINT.format(name=name),
            id="kaga.E034",
        )


def _mail(is_plain):
    url = settings.EMAIL_URL
    if not url.startswith("smtp"):
        yield Error(
            "EMAIL_URL is not set to a mail server: codes for signing in would be printed to the "
            "terminal.",
            hint="For example EMAIL_URL=smtp+tls://user:password@mail.city.example:587",
            id="kaga.E035",
        )
    elif not is_plain and not (settings.EMAIL_USE_TLS or settings.EMAIL_USE_SSL):
        yield Error(
            "EMAIL_URL is not encrypted: codes for signing in could be read on the way.",
            hint="Use smtp+tls:// (STARTTLS) or smtp+ssl://. " + OPT_OUT_HINT.format(name="mail"),
            id="kaga.E036",
        )
