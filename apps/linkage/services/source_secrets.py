"""The credentials of a source: sealed under the key ring, or in an environment variable."""

import os

from django.conf import settings

from apps.core import crypto
from apps.linkage.connectors.contract import AuthError
from apps.linkage.models import secret_prefix_of
from apps.vault.services.keys import key_ring
from apps.vault.services.ring_sealing import seal_column, unseal_column


def seal_secret(source, text):
    """Seal ``text`` into the source (not saved); "" deletes the secret."""
    if not text:
        source.sealed_secret, source.secret_ring_key = None, ""
        return
    seal_column(source, text.encode())


def source_credentials(source):
    """(user name, secret) of the source. Raises AuthError where there is none."""
    if settings.LRS_SANDBOX_URL and source.place == settings.LRS_SANDBOX_URL:
        return ("demo", "demo")  # the stand-in of the trial, on loopback
    if source.sealed_secret is not None:
        return (source.user_name, _opened(source))
    if source.secret_name and not is_own_secret_name(source.secret_name, source.municipality):
        prefix = secret_prefix_of(source.municipality)
        raise AuthError(f"秘密の 環境変数の 名前は {prefix} で 始めてください。")
    secret = os.environ.get(source.secret_name, "") if source.secret_name else ""
    if not secret:
        raise AuthError("接続の 秘密が ありません。連携元の ページで 入れてください。")
    return (source.user_name, secret)


def is_own_secret_name(secret_name: str, municipality) -> bool:
    """Whether an environment variable may hold a secret of this municipality's sources."""
    prefix = secret_prefix_of(municipality)
    return secret_name.startswith(prefix) and len(secret_name) > len(prefix)


def reseal_secret(source):
    """Reseal the secret where the ring has a newer key; saves the source. Whether it did."""
    if source.sealed_secret is None or source.secret_ring_key == key_ring().newest:
        return False
    seal_secret(source, _opened(source))
    source.save(update_fields=["sealed_secret", "secret_ring_key"])
    return True


def _opened(source):
    try:
        return unseal_column(source).decode()
    except crypto.CannotUnseal as error:
        raise AuthError("接続の 秘密が 開けません。もう一度 入れてください。") from error
