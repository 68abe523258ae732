"""Reads a delivery from a tablet: each entry independently of the others."""

import binascii
import logging
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.db import DatabaseError

from apps.checkins.services.late_deliveries import LateDeliveryState, SealedItem
from apps.core.json_input import UnreadableJson, read_json

log = logging.getLogger(__name__)
ITEMS_AT_ONCE = 50
ITEM_BYTES = 8 * 1024  # 200 characters, encrypted, need a fifth of it
KEY_CHARS = 64


class UnreadableDelivery(Exception):
    """Not a delivery at all."""


@dataclass(frozen=True)
class MalformedEntry:
    """An entry without a form key or bytes; identified by its index and what it sent."""

    client_key: str
    digest: str = ""


def read_delivery(body: bytes) -> list[SealedItem | MalformedEntry]:
    """The entries of {"items": [{"key", "sealed_to", "body" (base64)}]}, in order.

    Raises UnreadableDelivery for anything else, and for more than ITEMS_AT_ONCE.
    """
    try:
        entries = read_json(body)["items"]
    except (UnreadableJson, TypeError, KeyError) as error:
        raise UnreadableDelivery("not a delivery") from error
    if not isinstance(entries, list):
        raise UnreadableDelivery("not a delivery")
    if len(entries) > ITEMS_AT_ONCE:
        raise UnreadableDelivery("too many at once")
    return [_read(each) for each in entries]


def deliver_entries(
    entries: list[SealedItem | MalformedEntry],
    deliver: Callable[[list[SealedItem]], list[LateDeliveryState]],
) -> dict[str, Any]:
    """The response for each entry, by its key and digest; ``deliver`` stores the SealedItems."""
    items = [each for each in entries if isinstance(each, SealedItem)]
    states = iter(_states(items, deliver))
    results = [
        next(states) if isinstance(each, SealedItem) else LateDeliveryState.REFUSED
        for each in entries
    ]
    pairs = zip(entries, results, strict=True)
    return {"items": [{"key": e.client_key, "sha256": e.digest, "state": s} for e, s in pairs]}


def _read(each):
    try:
        body = binascii.a2b_base64(each["body"], strict_mode=True)
        if len(body) > ITEM_BYTES:
            raise ValueError("too long")
        return SealedItem(UUID(each["key"]), UUID(each["sealed_to"]), body)
    except (ValueError, TypeError, KeyError, AttributeError) as error:
        log.info("a delivered entry is malformed: %s", type(error).__name__)
        key = each.get("key") if isinstance(each, dict) else None
        return MalformedEntry(key if isinstance(key, str) and len(key) <= KEY_CHARS else "")


def _states(items, deliver):
    """The states of items; an error in one makes that one wait, not the others."""
    try:
        return deliver(items) if items else []
    except DatabaseError:  # it would hit all of them
        raise
    except Exception as error:
        if len(items) > 1:
            return [_states([item], deliver)[0] for item in items]
        log.error("a delivered entry broke what read it: %s", type(error).__name__)
        return [LateDeliveryState.LATER]
