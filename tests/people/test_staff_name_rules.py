"""Words that a student types freely mean these members of staff; in doubt, more of them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from apps.people.staff_name_rules import StaffName, people_meant

STAFF = [
    StaffName("own", "山代 花子", "homeroom", is_own_class=True),
    StaffName("other", "山代 太郎", "homeroom"),
    StaffName("nurse", "片山 あい", "nurse"),
    StaffName("lead", "動橋 一", "principal"),
    StaffName("city", "大聖寺 みほん", ""),
]


@pytest.mark.parametrize(
    ("words", "meant"),
    [
        ("担任", {"own"}), ("たんにんの せんせい", {"own"}), ("山代", {"own", "other"}),
        ("山代先生", {"own", "other"}), ("山代花子", {"own"}), ("山代　花子 先生", {"own"}),
        ("ﾎｹﾝ 保健室", {"nurse"}), ("片山さん", {"nurse"}), ("校長", {"lead"}), ("一", {"lead"}),
        ("大聖寺", {"city"}), ("だれか", set()), ("", set()), ("先生", set()), ("花", set()),
    ],
)  # fmt: skip
def test_words_mean_these_people(words, meant):
    assert people_meant(words, STAFF) == meant


@given(st.text(max_size=60))
def test_no_words_break_it(words):
    assert people_meant(words, STAFF) <= {one.user_id for one in STAFF}
