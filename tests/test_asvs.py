"""The answers to OWASP ASVS 5.0, levels 1 and 2, name what exists, and none is missing."""

import csv
import re
from pathlib import Path

import pytest
from django.conf import settings

ROOT = Path(settings.BASE_DIR)
TABLE = ROOT / "docs" / "security" / "asvs.csv"
VERDICTS = {"holds", "does not apply", "open"}
# The requirements of levels 1 and 2 of OWASP ASVS 5.0.0: section:numbers
REQUIRED = """
1.1:1-2 1.2:1-9 1.3:1-11 1.4:1-3 1.5:1-2 2.1:1-3 2.2:1-3 2.3:1-4 2.4:1 3.2:1-2 3.3:1-4 3.4:1-6
3.5:1-5 3.7:1-2 4.1:1-3 4.2:1 4.3:1-2 4.4:1-4 5.1:1 5.2:1-3 5.3:1-2 5.4:1-3 6.1:1-3 6.2:1-12
6.3:1-4 6.4:1-4 6.5:1-5 6.6:1-3 6.8:1-4 7.1:1-3 7.2:1-4 7.3:1-2 7.4:1-5 7.5:1-2 7.6:1-2
8.1:1-2 8.2:1-3 8.3:1 8.4:1 9.1:1-3 9.2:1-4 10.1:1-2 10.2:1-2 10.3:1-4 10.4:1-11 10.5:1-5
10.6:1-2 10.7:1-3 11.1:1-2 11.2:1-3 11.3:1-3 11.4:1-4 11.5:1 11.6:1 12.1:1-3 12.2:1-2 12.3:1-4
13.1:1 13.2:1-5 13.3:1-2 13.4:1-5 14.1:1-2 14.2:1-4 14.3:1-3 15.1:1-3 15.2:1-3 15.3:1-7 16.1:1
16.2:1-5 16.3:1-4 16.4:1-3 16.5:1-3 17.1:1 17.2:1-4 17.3:1-2
"""


def required():
    """["V1.1.1", …], 253 of them."""
    found = []
    for section, _, numbers in (each.partition(":") for each in REQUIRED.split()):
        for part in numbers.split(","):
            first, _, last = part.partition("-")
            found += [f"V{section}.{n}" for n in range(int(first), int(last or first) + 1)]
    return found


def answers():
    with TABLE.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def missing_evidence(evidence):
    """Why what is named does not exist, or "" where it does."""
    path, _, test = evidence.partition("::")
    file = ROOT / path
    if not file.is_file():
        return f"{path} does not exist"
    if test and not re.search(rf"^def {re.escape(test)}\(", file.read_text("utf-8"), re.MULTILINE):
        return f"{path} has no {test}"
    return ""


def test_every_requirement_is_answered_once_and_in_order():
    assert len(required()) == 253
    assert [row["id"] for row in answers()] == required()
    assert {row["level"] for row in answers()} == {"1", "2"}


@pytest.mark.parametrize("row", answers(), ids=lambda row: row["id"])
def test_each_answer_says_why_and_names_what_exists(row):
    assert row["verdict"] in VERDICTS
    assert len(row["why"]) > 3
    if row["verdict"] == "holds":
        assert row["evidence"]
    if row["evidence"]:
        assert missing_evidence(row["evidence"]) == ""


@pytest.mark.parametrize("named", ["tests/no_such.py", "tests/test_asvs.py::test_no_such", "docs"])
def test_what_does_not_exist_is_noticed(named):
    assert missing_evidence(named)
