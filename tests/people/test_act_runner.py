"""Acts are worked one by one: what fails is named in the log, and the others go on."""

import ast
import logging
from pathlib import Path

import pytest
from django.db import IntegrityError

from apps.people.models import PendingAct
from apps.people.services import act_processing, pending_acts
from apps.people.services.act_runner import run_each

ROOT = Path(__file__).parents[2] / "apps"
KIND = "organisation.hide"


@pytest.fixture
def stopped(cast):
    """Three stopped acts whose effects have to be undone."""
    acts = [
        pending_acts.propose(
            KIND, thing_id=n, title=f"窓口{n}", municipality_id=cast.city.pk, by=cast.officer.user,
            reason="番号を まちがえたため", preview={"notices": 0}, payload={"changes": {}},
        )
        for n in range(3)
    ]  # fmt: skip
    return [pending_acts.stop(act, by=cast.officer.user) for act in acts]


def test_an_act_that_fails_is_named_and_the_others_go_on(cast, stopped, caplog):
    broken, done = stopped[1], []

    def put_back(act):
        PendingAct.objects.filter(pk=act.pk).update(title="半分")
        if act == broken:
            raise IntegrityError("published_is_verified (0761-00-0000)")
        done.append(act)

    with caplog.at_level(logging.ERROR):
        act_processing.process_acts(KIND, put_back=put_back)
    assert done == [stopped[0], stopped[2]]
    assert f"act {broken.pk} of {KIND} failed: IntegrityError" in caplog.text
    assert "0761" not in caplog.text  # ids, never content
    broken.refresh_from_db()
    assert (broken.title, broken.done_at) == ("窓口1", None)  # nothing half done; tried again
    act_processing.process_acts(KIND, put_back=done.append)
    assert done[-1] == broken


def test_a_database_that_does_not_answer_is_not_taken_for_a_broken_act(db):
    def claim(but):
        raise ConnectionError

    with pytest.raises(ConnectionError):
        run_each(claim, None)


def test_every_app_works_its_acts_one_by_one():
    claims = {
        path.relative_to(ROOT).as_posix()
        for path in ROOT.rglob("*.py")
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.Attribute) and node.attr in ("claim_due", "claim_stopped")
    }
    assert claims == set()
