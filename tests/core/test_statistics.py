"""After a bulk write the planner's statistics are taken anew; after a few rows they are not."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from apps.core import statistics
from tests.plans import RowsHandled

pytestmark = pytest.mark.django_db
TARGET = "people_student (id, school_id)"


def test_a_bulk_write_is_known_and_a_few_rows_cost_nothing():
    with CaptureQueriesContext(connection) as queries:
        statistics.analyse_after(9, TARGET, at_least=10)
        statistics.analyse_after(10, TARGET, at_least=10)
    assert [query["sql"] for query in queries] == [f"ANALYZE {TARGET}"]


def test_the_meter_of_rows_sees_a_product():
    def handled(n):
        sql = (
            "SELECT count(*) FROM generate_series(1, %s) a JOIN generate_series(1, %s) b ON a <> b"
        )
        with RowsHandled() as rows, connection.cursor() as cursor:
            cursor.execute(sql, [n, n])
            assert cursor.fetchone() == (n * n - n,)
        return rows.n

    assert handled(400) > 12 * handled(100)
