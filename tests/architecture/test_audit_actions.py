"""Every action of the audit record is looked for by a test."""

import re
from pathlib import Path

from apps.audit.models import Action


def test_every_action_is_named_by_a_test():
    texts = [path.read_text(encoding="utf-8") for path in Path("tests").rglob("*.py")]
    named = {word for text in texts for word in re.findall(r"\bAction\.([A-Z_]+)", text)}
    values = {word for text in texts for word in re.findall(r'"([a-z_]+\.[a-z_]+)"', text)}
    assert [one.name for one in Action if one.name not in named and one.value not in values] == []
