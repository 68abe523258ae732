"""What is kept of an answer: the allow-list, and never a number of twelve digits."""

import json
import re
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from apps.linkage import words as linkage_words
from apps.linkage.self_info_facts import SCHEMES
from apps.selfinfo.reduction import (
    MEANINGS,
    AnswerPart,
    IndividualNumberFound,
    has_individual_number,
    purpose_of_meaning,
    reduce_answer,
    refuse_individual_numbers,
)
from apps.selfinfo.services.endpoints import TRIAL_CODES

TODAY = date(2026, 11, 20)
CODES = {code: means for means, code in TRIAL_CODES.items()}


def codes(purpose):
    return {code: means for code, means in CODES.items() if purpose_of_meaning(means) == purpose}


def parts(values, **more):
    """{name code: AnswerPart} of [(meaning, text)]."""
    found = {}
    for means, text in values:
        name, item = TRIAL_CODES[means]
        found.setdefault(name, []).append((item, text))
    return {
        name: AnswerPart(is_held=True, items=tuple(items)) for name, items in found.items()
    } | more


def reduced(purpose, *values):
    return reduce_answer(purpose, codes(purpose), parts(values), TODAY)


# -- households -------------------------------------------------------------------------------


def test_a_household_is_counted_by_age_on_the_day():
    births = ("20081120", "20081121", "1980/01/02", "２０１５-０１-０２")
    found = reduced("household", *(("member_birth", text) for text in births))
    assert found.facts == {"household": {"adults": 2, "children": 2, "single_adult": False}}


@pytest.mark.parametrize("text", ["19880230", "20990101", "きのう", "1988", "123456789012", "-"])
def test_a_date_that_is_none_makes_the_household_unreadable(text):
    found = reduced("household", ("member_birth", "19880102"), ("member_birth", text))
    assert (found.outcome, found.facts) == ("unreadable", {})


# -- incomes ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("on_income", "flat", "band"),
    [("0", "0", "non_taxable"), ("0", "5,000円", "flat_only"), ("１２０００", "5000", "taxed"),
     ("1", None, "taxed"), (None, "0", "non_taxable")],
)  # fmt: skip
def test_an_income_is_a_year_and_a_band(on_income, flat, band):
    levies = [("levy_on_income", on_income), ("levy_flat", flat)]
    found = reduced("income", ("tax_year", "2026"), *[one for one in levies if one[1]])
    assert found.facts == {"income": {"year": 2026, "band": band}}


@pytest.mark.parametrize(
    "values",
    [
        [("tax_year", "2026")],
        [("levy_flat", "5000")],
        [("tax_year", "1900"), ("levy_flat", "0")],
        [("tax_year", "2026"), ("tax_year", "2025"), ("levy_flat", "0")],
        [("tax_year", "2026"), ("levy_flat", "たくさん")],
        [("tax_year", "2026"), ("levy_flat", "-1")],
    ],
)
def test_half_an_income_is_not_guessed(values):
    assert reduced("income", *values).outcome == "unreadable"


# -- allowances -----------------------------------------------------------------------------------


def test_an_allowance_is_yes_or_no_and_two_months():
    found = reduced(
        "allowances", ("school_aid_receiving", "1"), ("school_aid_from", "20260401"),
        ("child_allowance_receiving", "0"), ("child_rearing_allowance_from", "202604"),
    )  # fmt: skip
    assert found.facts == {
        "school_aid": {"scheme": "school_aid", "receiving": True, "from": "2026-04"},
        "child_allowance": {"scheme": "child_allowance", "receiving": False},
    }


@pytest.mark.parametrize("values", [[("school_aid_receiving", "はい")],
                                    [("school_aid_receiving", "1"), ("school_aid_from", "202613")]])  # fmt: skip
def test_what_is_no_yes_and_no_month_is_unreadable(values):
    assert reduced("allowances", *values).outcome == "unreadable"


# -- nothing, and no answer -------------------------------------------------------------------------


def test_nothing_held_is_not_the_same_as_no_answer():
    name, _ = TRIAL_CODES["member_birth"]
    household_codes = codes("household")
    assert (
        reduce_answer("household", household_codes, {name: AnswerPart()}, TODAY).outcome
        == "nothing"
    )
    silent = {name: AnswerPart(is_answered=False)}
    assert reduce_answer("household", household_codes, silent, TODAY).outcome == "not_answered"
    assert reduce_answer("household", household_codes, {}, TODAY).outcome == "not_answered"


# -- any input ----------------------------------------------------------------------------------------

texts = st.one_of(
    st.text(max_size=30),
    st.sampled_from(["19880102", "2026", "0", "5000", "1", "202604", "1234-5678-9018",
                     "１２３４５６７８９０１８", "123 456 789 018"]),
    st.from_regex(r"\d{8,14}", fullmatch=True),
)  # fmt: skip
answers = st.lists(
    st.tuples(st.sampled_from(sorted(MEANINGS.keys() & TRIAL_CODES.keys())), texts), max_size=12
)
SCHEMA = {
    "household": {"adults": int, "children": int, "single_adult": bool},
    "income": {"year": int, "band": str},
    "allowances": {"scheme": str, "receiving": bool, "from": str, "until": str},
}


@given(answers, st.sampled_from(sorted(SCHEMA)))
def test_nothing_outside_the_allow_list_ever_survives(values, purpose):
    found = reduce_answer(purpose, codes(purpose), parts(values), TODAY)
    for facts in found.facts.values():
        assert all(type(value) is SCHEMA[purpose][name] for name, value in facts.items())
        assert set(facts) <= set(SCHEMA[purpose])
        assert facts.get("band", "taxed") in linkage_words.INCOME_BAND_WORDS
        assert facts.get("scheme", "school_aid") in SCHEMES
        for month in (facts.get("from"), facts.get("until")):
            assert month is None or re.fullmatch(r"\d{4}-\d{2}", month)
    plain = json.dumps(found.facts, ensure_ascii=False)
    assert not re.search(r"\d{5,}", plain)
    assert not has_individual_number(plain.replace(":", ";"))
    assert (found.outcome == "kept") == bool(found.facts)


@given(answers)
def test_every_kept_fact_can_be_said_to_both(values):
    for purpose in SCHEMA:
        for facts in reduce_answer(purpose, codes(purpose), parts(values), TODAY).facts.values():
            assert linkage_words.self_info_fact_words(purpose, facts)
            assert linkage_words.self_info_fact_words(purpose, facts, is_student=True)


def test_facts_are_said_as_people_say_them():
    home = {"adults": 1, "children": 3, "single_adult": True}
    assert (
        linkage_words.self_info_fact_words("household", home)
        == "おとな 1人、子ども 3人(おとなは1人)"
    )
    assert "｜1人《ひとり》、｜子《こ》ども 3｜人《にん》" in linkage_words.self_info_fact_words(
        "household", home, True
    )
    aid = {"scheme": "school_aid", "receiving": True, "from": "2026-04", "until": "2027-03"}
    assert (
        linkage_words.self_info_fact_words("allowances", aid)
        == "就学援助: 受けています(2026年4月 〜 2027年3月)"
    )
    assert linkage_words.self_info_fact_words(
        "allowances", {**aid, "receiving": False, "from": None, "until": None}
    ) == ("就学援助: 受けていません")
    assert (
        linkage_words.self_info_fact_words("income", {"year": 2026, "band": "flat_only"})
        == "2026年度: 均等割のみ"
    )


@pytest.mark.parametrize(
    "text",
    ["123456789018", "1234 5678 9018", "1234-5678-9018", "１２３４５６７８９０１８", "番号は123456789018です",
     "1234ー5678ー9018", "1234・5678・9018", "12345678901234"],
)  # fmt: skip
def test_a_number_of_twelve_digits_is_seen_however_it_is_written(text):
    assert has_individual_number(text)
    with pytest.raises(IndividualNumberFound):
        refuse_individual_numbers({"a": ["x", {"b": text}]})


@pytest.mark.parametrize(
    "text", ["12345678901", "2026-11-20", "", "世帯 3人", "1234 と 5678 と 9018"]
)
def test_what_is_shorter_is_let_be(text):
    assert not has_individual_number(text)
    refuse_individual_numbers([text])
