"""Fixtures of the sign-in tests."""

import uuid

import pytest
from django.core.cache import cache


@pytest.fixture(autouse=True)
def _tries_of_this_test_alone():
    """Attempts are counted in the cache by address: each test starts at zero."""
    prefix = cache.key_prefix
    cache.key_prefix = f"{prefix}-{uuid.uuid4().hex}"
    yield
    cache.key_prefix = prefix
