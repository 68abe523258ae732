"""Periodic tasks."""

from apps.core.periodic_work import periodic_task
from apps.vault.services import share_store

purge_share_store = periodic_task("vault.purge_share_store", share_store.purge_store)
