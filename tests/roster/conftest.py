"""Fixtures."""

import pytest

from tests.roster import zips
from tests.roster.import_rosters import take_in
from tests.roster.inputs import zip_of


@pytest.fixture
def swapped():
    take_in(zip_of("roster-masters-swapped", "first.zip"))
    return zip_of("roster-masters-swapped", "second.zip")


@pytest.fixture
def school():
    take_in(zips.good())
