"""Fixtures of the tests of signing in."""

import uuid

import pytest
from django.core.cache import cache


@pytest.fixture(autouse=True)
def _tries_of_this_test_alone():
    """Tries are counted in the cache by address: those of one test are not the next one's."""
    prefix = cache.key_prefix
    cache.key_prefix = f"{prefix}-{uuid.uuid4().hex}"
    yield
    cache.key_prefix = prefix
