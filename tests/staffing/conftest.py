"""Fixtures of the tests of this app."""

from tests.signin.conftest import _tries_of_this_test_alone  # noqa: F401 - a fixture
