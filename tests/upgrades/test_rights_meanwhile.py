"""While rights and policies are given anew, those who serve keep theirs: ``migrate`` runs beside them."""

import psycopg
import pytest
from django.db import connection

from apps.core import row_policies
from apps.core.triggers import grant_role
from kaga_portal.embedded_roles import APP_ROLE, SUPERUSER
from tests.database_roles import as_owner

MEANWHILE = f"""
    SELECT has_table_privilege('{APP_ROLE}', 'helpline_dutyroster', 'SELECT'),
           has_table_privilege('{APP_ROLE}', 'audit_auditevent', 'UPDATE'),
           (SELECT count(*) FROM pg_policy)
"""  # noqa: S608 - our own names


@pytest.mark.django_db(transaction=True)
def test_who_serves_keeps_rights_and_policies_meanwhile():
    named = {"host": "HOST", "port": "PORT", "dbname": "NAME"}
    place = {key: connection.settings_dict[name] or None for key, name in named.items()}
    with psycopg.connect(user=SUPERUSER, autocommit=True, **place) as beside:
        before = beside.execute(MEANWHILE).fetchone()
        assert before[:2] == (True, False)
        assert before[2] > 100
        seen = []

        def looking(execute, *call):
            result = execute(*call)
            seen.append(beside.execute(MEANWHILE).fetchone() == before)
            return result

        beside.execute("COMMENT ON POLICY of_municipality ON people_student IS 'an older one'")
        with as_owner(), connection.execute_wrapper(looking):
            grant_role(connection, APP_ROLE)
            assert row_policies.apply_policies(connection) == 1
    assert len(seen) > 100
    assert all(seen)
