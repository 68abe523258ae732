import pytest

from tests.vault import share_databases


@pytest.fixture(scope="session")
def share_database_url():
    with share_databases.server_database() as url:
        yield url


@pytest.fixture
def share_database(share_database_url, settings):
    """KEY_SHARES_URL names a database, which is the store of the tests and empty."""
    share_databases.begin_anew(share_database_url)
    settings.KEY_SHARES_URL = share_database_url
    return share_database_url
