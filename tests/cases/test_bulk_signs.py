"""Many new signs are known to the planner; what a key's end leaves of the rules' checks is due."""

from django.db import connection
from django.test.utils import CaptureQueriesContext

from apps.cases.models import RuleCheck
from apps.cases.services import signs
from apps.consent.models import Purpose


def statements_of_update():
    with CaptureQueriesContext(connection) as queries:
        signs.update_signs()
    return [query["sql"] for query in queries]


def analysed(statements):
    return [sql for sql in statements if sql.startswith("ANALYZE cases_sign")]


def test_many_signs_are_known_to_the_planner_and_a_few_cost_nothing(watched, monkeypatch):
    watched.absent(watched.sakura, *range(1, 5))
    assert analysed(statements_of_update()) == []
    monkeypatch.setattr(signs, "ANALYSE_FROM", 1)
    watched.feels(watched.sakura, 1, 0, 1)
    assert len(analysed(statements_of_update())) == 1


def test_by_day_only_checks_of_keys_that_ended_are_looked_for(watched):
    watched.absent(watched.sakura, *range(1, 5))
    signs.update_signs()
    assert RuleCheck.objects.exists()
    by_day = [sql for sql in statements_of_update() if 'FROM "cases_rulecheck"' in sql][0]
    assert "vault_destroyedkey" in by_day
    watched.take_back(watched.sakura, Purpose.ATTENDANCE)
    signs.update_signs()
    assert not RuleCheck.objects.filter(purpose=Purpose.ATTENDANCE).exists()
