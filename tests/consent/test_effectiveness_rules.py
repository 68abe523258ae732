"""When a purpose is effective: the pure rule, against its definition and its laws."""

from hypothesis import given
from hypothesis import strategies as st

from apps.consent.effectiveness_rules import EffectivenessReason, PartyAnswer, effectiveness
from apps.consent.words import EFFECTIVENESS

party_answers = st.builds(
    PartyAnswer,
    response=st.sampled_from(["given", "refused", "later", "withdrawn"]),
    is_current=st.booleans(),
)
guardians = st.lists(party_answers, max_size=3)
student = st.none() | party_answers
deciders = st.sampled_from(["both", "guardian"])
situations = st.fixed_dictionaries(
    {
        "decider": deciders,
        "guardians": guardians,
        "student": student,
        "is_offered": st.booleans(),
        "in_term": st.booleans(),
        "is_enrolled": st.booleans(),
    }
)


def yes(word):
    return word is not None and word.response == "given" and word.is_current


def no(word):
    return word is not None and word.response in ("refused", "withdrawn")


@given(situations)
def test_it_is_effective_exactly_when_everybody_who_must_agrees(case):
    expected = (
        case["is_offered"]
        and case["in_term"]
        and case["is_enrolled"]
        and len(case["guardians"]) > 0
        and all(yes(word) for word in case["guardians"])
        and (yes(case["student"]) if case["decider"] == "both" else not no(case["student"]))
    )
    assert effectiveness(**case).is_effective == expected


@given(situations)
def test_the_reason_is_one_the_pages_can_say(case):
    found = effectiveness(**case)
    assert found.why in EFFECTIVENESS
    assert (found.why == "effective") == found.is_effective


@given(situations, party_answers.filter(lambda word: not yes(word)))
def test_another_answer_that_does_not_agree_never_makes_it_effective(case, answer):
    more = case | {"guardians": [*case["guardians"], answer]}
    assert not effectiveness(**more).is_effective


@given(situations)
def test_the_order_of_the_guardians_does_not_matter(case):
    turned = case | {"guardians": case["guardians"][::-1]}
    assert effectiveness(**turned) == effectiveness(**case)


@given(situations)
def test_asking_the_student_too_is_never_the_weaker_rule(case):
    if effectiveness(**(case | {"decider": "both"})).is_effective:
        assert effectiveness(**(case | {"decider": "guardian"})).is_effective


def test_every_reason_has_its_words():
    assert set(EFFECTIVENESS) == set(EffectivenessReason)
