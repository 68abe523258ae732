"""Stores a posted form whose sign-in had ended, for half an hour.

It is encrypted in the cache, with a key that only the browser has, and expires by itself. Only the
user who typed it gets it back. Without a cache nothing is stored and nobody is told otherwise.
"""

import base64
import hmac
import json
import logging
import secrets
from dataclasses import asdict, dataclass
from urllib.parse import urlsplit

from cryptography.fernet import Fernet, InvalidToken
from django.core.cache import cache
from django.http import HttpRequest
from django.utils.http import url_has_allowed_host_and_scheme
from redis.exceptions import RedisError

from apps.core import clock

log = logging.getLogger(__name__)
COOKIE_NAME = "unsent_form"  # of the cookie with the key
LIFETIME_S = 30 * 60
MAX_BYTES = 256 * 1024
# Never stored, whatever the form: credentials and one-time codes. Codes of cards, letters and
# second factors are only typed at these URLs.
SECRET_FIELDS = {
    "again", "csrfmiddlewaretoken", "form_key", "new_password1", "new_password2", "new_pin",
    "old_password", "oldpassword", "otp", "password", "password1", "password2", "pin", "secret",
    "token",
}  # fmt: skip
SECRET_PATHS = ("/accounts/", "/card/", "/letter/", "/leave/", "/c/", "/g/")


@dataclass(frozen=True)
class UnsentForm:
    """A posted form: its user, its target and the page it was on."""

    user_pk: str
    action: str
    page: str
    values: dict[str, list[str]]
    kept_at: float = 0.0  # Unix time


def read_posted_form(request: HttpRequest, user_pk: str) -> UnsentForm | None:
    """The posted form of this user, or None where nothing may be stored."""
    path = request.path
    posted = request.POST.lists()
    values = {name: [str(one) for one in each] for name, each in posted if not _is_secret(name)}
    is_listed = "_selected_action" in values  # rows chosen in a list: nothing was typed
    if is_listed or path.startswith(SECRET_PATHS) or not any(map(any, values.values())):
        return None
    return UnsentForm(user_pk, path, page_of_form(request), values)


def store_form(form: UnsentForm) -> str:
    """Store the form; returns the browser's key, or "" where it could not be stored."""
    now = clock.now().timestamp()
    stored = {**asdict(form), "kept_at": now, "until": now + LIFETIME_S}
    text = json.dumps(stored).encode("ascii")
    if len(text) > MAX_BYTES:
        return ""
    key = secrets.token_urlsafe(32)
    try:
        cache.set(_cache_key(key), _fernet(key).encrypt(text), timeout=LIFETIME_S)
    except RedisError as error:
        log.warning("an unsent form was not kept: %s", type(error).__name__)
        return ""
    return key


def find_form(key: str) -> UnsentForm | None:
    """The stored form of this key, until it expires."""
    try:
        sealed = cache.get(_cache_key(key))
        stored = json.loads(_fernet(key).decrypt(sealed)) if sealed else None
    except (RedisError, InvalidToken) as error:
        log.warning("an unsent form was not read: %s", type(error).__name__)
        return None
    if stored is None or stored.pop("until") <= clock.now().timestamp():
        return None
    return UnsentForm(**stored)


def delete_form(key: str) -> None:
    """Delete the stored form."""
    try:
        cache.delete(_cache_key(key))
    except RedisError as error:  # it expires by itself, and the browser loses the key
        log.warning("an unsent form was not deleted: %s", type(error).__name__)


def page_of_form(request: HttpRequest) -> str:
    """The page that showed the form: forms may also post to URLs that show nothing."""
    came_from = urlsplit(request.headers.get("Referer", ""))
    page = came_from.path + (f"?{came_from.query}" if came_from.query else "")
    is_ours = came_from.netloc == request.get_host() and page.startswith("/")
    return page if is_ours and url_has_allowed_host_and_scheme(page, None) else request.path


def _is_secret(name):
    return name.rpartition("-")[2].lower() in SECRET_FIELDS


def _cache_key(key):
    return f"unsent:{hmac.digest(key.encode('utf-8', 'replace'), b'place', 'sha256').hex()}"


def _fernet(key):
    sealing = hmac.digest(key.encode("utf-8", "replace"), b"seal", "sha256")
    return Fernet(base64.urlsafe_b64encode(sealing))
