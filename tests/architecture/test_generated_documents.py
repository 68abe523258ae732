"""The diagrams and tables of the documents are those of the code."""

import pytest

from apps.file_jobs import job_states
from apps.file_jobs.models import JobState
from apps.linkage import run_states
from apps.linkage.models import RunState
from apps.notices import notice_states
from apps.notices.models import NoticeState
from kaga_portal.diagrams import imported_apps, layers, layers_diagram, state_diagram
from kaga_portal.generated_documents import replace_parts, stale_documents


def test_no_document_differs_from_the_code():
    assert [path.name for path in stale_documents()] == [], "run make docs"


def test_a_change_of_a_table_makes_its_document_differ():
    marked = "<!-- key -->\nold\n<!-- end of key -->"
    assert "new" in replace_parts(marked, {"key": "new"})
    with pytest.raises(ValueError, match="no place for case"):
        replace_parts(marked, {"case": "new"})


@pytest.mark.parametrize(
    ("table", "states"),
    [
        (run_states.TRANSITIONS, RunState),
        (notice_states.TRANSITIONS, NoticeState),
        (job_states.TRANSITIONS, JobState),
    ],
)
def test_a_transition_table_names_exactly_the_states_of_its_model(table, states):
    assert set(table) == set(states.values)
    assert {after for following in table.values() for after in following} <= set(states.values)


def test_every_app_has_its_layer():
    placed = {app for row in layers() for app in row}
    assert set(imported_apps()) - {"sandbox"} == placed


def test_an_import_that_follows_from_others_has_no_arrow_of_its_own():
    shown = layers_diagram([["top"], ["middle"], ["low"]], {
        "top": {"middle", "low"}, "middle": {"low"}, "low": set(),
    })  # fmt: skip
    assert "top --> middle" in shown
    assert "middle --> low" in shown
    assert "top --> low" not in shown


def test_a_state_that_leads_nowhere_ends_the_diagram():
    shown = state_diagram({("open", "closed", "close")}, ("open",))
    assert "[*] --> open" in shown
    assert "open --> closed: close" in shown
    assert "closed --> [*]" in shown
