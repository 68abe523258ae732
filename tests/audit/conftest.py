"""Accounts that sign in with a password and with one-time codes."""

import uuid

import pytest
from allauth.account.models import EmailAddress
from django.core.cache import cache

from tests import factories, one_time_codes


@pytest.fixture
def with_password():
    """``with_password(user)``: the user, who can sign in by their address and PASSWORD."""

    def make(user):
        user.set_password(factories.PASSWORD)
        user.save()
        EmailAddress.objects.create(user=user, email=user.email, verified=True, primary=True)
        return user

    return make


@pytest.fixture
def one_time_code():
    """The code of now of every member of staff."""
    return one_time_codes.one_time_code


@pytest.fixture(autouse=True)
def _tries_of_this_test_alone():
    """Tries are counted in the cache by address: clear them between tests."""
    prefix = cache.key_prefix
    cache.key_prefix = f"{prefix}-{uuid.uuid4().hex}"
    yield
    cache.key_prefix = prefix
