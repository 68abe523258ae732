"""One-time keys of forms that add something: the same form sent twice makes one row."""

import hmac
import secrets
from datetime import timedelta
from functools import lru_cache

from django.conf import settings
from django.http import HttpRequest

from apps.core import clock, signed_tokens
from apps.core.models import UsedFormKey
from apps.core.sweeps import delete_due

FIELD_NAME = "form_key"
VALID_FOR = timedelta(days=2)
_SALT = "core.form_keys"


def new_key(request: HttpRequest, about: str) -> str:
    """A signed key for one rendering of a form for this person; ``about`` names the form."""
    return signed_tokens.sign_token(_SALT, f"{secrets.token_hex(16)} {request.user.pk} {about}")


def posted_key(request: HttpRequest, about: str) -> str:
    """The key that was posted, or "" where there is none of this person and form."""
    content = signed_tokens.read_token(_SALT, request.POST.get(FIELD_NAME, ""), VALID_FOR) or ""
    key, _, whose = content.partition(" ")
    return key if whose == f"{request.user.pk} {about}" else ""


def use_key(key: str, body: str) -> tuple[UsedFormKey, bool]:
    """(the row of the key, whether this is its first use), inside the caller's transaction.

    A second use waits here until the first has ended. ``body`` is the ``body_digest`` of the
    request.
    """
    return UsedFormKey.objects.get_or_create(
        key=key, defaults={"body": body, "used_at": clock.now()}
    )


def delete_expired_keys() -> int:
    """Delete the keys whose forms are no longer accepted anyway; how many."""
    old = UsedFormKey.objects.filter(used_at__lt=clock.now() - VALID_FOR)
    return delete_due(old).n


def body_digest(request: HttpRequest) -> str:
    """A keyed digest of what was typed: equal for a double click, different for a change after
    Back.

    Keyed, because few words can be guessed from a plain digest.
    """
    names = ("csrfmiddlewaretoken", FIELD_NAME)
    typed = sorted((name, values) for name, values in request.POST.lists() if name not in names)
    files = sorted((name, file.name, file.size) for name, file in request.FILES.items())
    content = repr((typed, files))
    return hmac.digest(
        _key(settings.SECRET_KEY), content.encode("utf-8", "surrogatepass"), "sha256"
    ).hex()


@lru_cache(maxsize=4)
def _key(secret):
    return hmac.digest(secret.encode(), _SALT.encode(), "sha256")
