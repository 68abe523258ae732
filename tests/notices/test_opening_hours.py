"""When an organisation can be reached, in words."""

from datetime import date, datetime, time, timedelta

import jpholiday
import pytest
from django.utils import translation
from hypothesis import given
from hypothesis import strategies as st

from apps.notices import hours_text, hours_words, opening_hours

DAILY = tuple(opening_hours.OpeningSlot(day, time(16), time(21)) for day in range(7))
WORKDAYS = tuple(opening_hours.OpeningSlot(day, time(8, 30), time(17, 15)) for day in range(5))
NIGHT = tuple(opening_hours.OpeningSlot(day, time(22), time(2)) for day in (4, 5))
NEW_YEAR = opening_hours.SpecialHours(date(2026, 12, 29), date(2027, 1, 3), every_year=True)


@pytest.fixture(autouse=True, scope="module")
def _easy_japanese():
    with translation.override("ja-easy"):
        yield


def found(openings, at, *specials, **more):
    week = opening_hours.OpeningWeek(tuple(openings), tuple(specials), **more)
    return opening_hours.open_state(datetime.fromisoformat(at), week, jpholiday.is_holiday)


def words(openings, at, *specials, **more):
    state = found(openings, at, *specials, **more)
    return hours_text_free(hours_words.state_words(state, datetime.fromisoformat(at)))


def hours_text_free(text):
    """Words without their readings."""
    return "".join(part.split("》")[-1] for part in text.replace("｜", "").split("《"))


@pytest.mark.parametrize(
    ("at", "is_open"),
    [
        ("2026-11-24T15:59", False),
        ("2026-11-24T16:00", True),
        ("2026-11-24T20:59", True),
        ("2026-11-24T21:00", False),
    ],
)
def test_a_daily_place_opens_and_closes_on_the_minute(at, is_open):
    assert found(DAILY, at).is_open is is_open


@pytest.mark.parametrize(
    ("openings", "at", "state"),
    [
        (DAILY, "2026-11-24T10:00", "つぎは 16時から"),
        (DAILY, "2026-11-24T22:00", "つぎは あした 16時から"),
        (DAILY, "2026-11-24T17:00", "いま 話せます"),
        (WORKDAYS, "2026-11-27T18:00", "つぎは 月曜 8時30分から"),
        (WORKDAYS[:1], "2026-11-30T18:00", "つぎは 12月7日 8時30分から"),
    ],
)
def test_it_says_from_when(openings, at, state):
    assert words(openings, at) == state


@pytest.mark.parametrize(
    ("language", "said"),
    [
        (
            "en",
            ["Open now", "until 21:00", "Opens tomorrow 16:00", "Opens Mon 08:30", "Closed now"],
        ),
        (
            "ja",
            [
                "いま話せます",
                "21時まで",
                "次はあした16時から",
                "次は月曜8時30分から",
                "いまはお休み",
            ],
        ),
    ],
)
def test_each_language_says_it_its_own_way(language, said):
    now = datetime(2026, 11, 24, 17)
    closed = opening_hours.SpecialHours(date(2026, 1, 1), date(2027, 12, 31))
    with translation.override(language):
        assert said == [
            words(DAILY, "2026-11-24T17:00"),
            hours_words.until_words(found(DAILY, "2026-11-24T17:00"), now),
            words(DAILY, "2026-11-24T22:00"),
            words(WORKDAYS, "2026-11-27T18:00"),
            words(DAILY, "2026-11-24T12:00", closed),
        ]


def test_english_hours_and_days_are_whole():
    week = opening_hours.OpeningWeek((*WORKDAYS, *NIGHT[1:]), (NEW_YEAR,))
    with translation.override("en"):
        assert hours_words.week_lines(week) == [
            ("Mon to Fri", "08:30 to 17:15"), ("Sat", "22:00 to 02:00 the next day"),
        ]  # fmt: skip
        assert hours_words.special_lines(week, date(2026, 11, 24)) == [
            ("every year 29 Dec to 3 Jan", "closed")
        ]


def test_it_says_until_when():
    assert found(DAILY, "2026-11-24T17:00").until == datetime(2026, 11, 24, 21)


def test_a_place_that_rests_on_holidays_is_shut_then():
    # 23 November is a holiday, so after Friday it is Tuesday.
    assert words(WORKDAYS, "2026-11-20T18:00", rests_on_holidays=True) == "つぎは 火曜 8時30分から"
    assert words(WORKDAYS, "2026-11-20T18:00") == "つぎは 月曜 8時30分から"


def test_new_year_is_closed_on_both_sides_every_year():
    for at, is_open in (
        ("2026-12-28T18:00", True), ("2026-12-29T18:00", False), ("2027-01-03T18:00", False),
        ("2027-01-04T18:00", True), ("2029-12-31T18:00", False), ("2030-01-03T18:00", False),
    ):  # fmt: skip
        assert found(DAILY, at, NEW_YEAR).is_open is is_open, at


def test_after_the_holidays_the_date_is_said():
    assert words(DAILY, "2026-12-28T22:00", NEW_YEAR) == "つぎは 1月4日 16時から"
    week_off = opening_hours.SpecialHours(date(2026, 12, 1), date(2026, 12, 14))
    assert words(DAILY, "2026-11-30T22:00", week_off) == "つぎは 12月15日 16時から"


def test_a_special_day_has_its_own_hours():
    party = opening_hours.SpecialHours(
        date(2026, 11, 24), date(2026, 11, 24), opens=time(10), closes=time(12)
    )
    assert found(DAILY, "2026-11-24T11:00", party).is_open is True
    assert found(DAILY, "2026-11-24T17:00", party).is_open is False


def test_a_special_day_counts_even_on_a_holiday():
    day = date(2026, 11, 23)
    open_day = opening_hours.SpecialHours(day, day, opens=time(10), closes=time(12))
    assert found(WORKDAYS, "2026-11-23T11:00", open_day, rests_on_holidays=True).is_open is True


@pytest.mark.parametrize(
    ("at", "is_open"),
    [("2026-11-27T21:59", False), ("2026-11-27T23:00", True), ("2026-11-28T01:59", True),
     ("2026-11-28T02:00", False), ("2026-11-29T01:00", True), ("2026-11-30T01:00", False)],
)  # fmt: skip
def test_hours_past_midnight_belong_to_the_evening_before(at, is_open):
    assert found(NIGHT, at).is_open is is_open


def test_hours_that_touch_at_midnight_are_one():
    split = [
        opening_hours.OpeningSlot(0, time(20), time(0)),
        opening_hours.OpeningSlot(1, time(0), time(3)),
    ]
    assert found(split, "2026-11-30T23:00").until == datetime(2026, 12, 1, 3)


def test_unknown_hours_are_not_guessed():
    assert found([], "2026-11-24T12:00").is_open is None


def test_a_place_shut_for_long_rests():
    closed = opening_hours.SpecialHours(date(2026, 1, 1), date(2027, 12, 31))
    assert words(DAILY, "2026-11-24T12:00", closed) == "いまは お休み"


def test_a_place_always_open_may_be_shut_on_a_special_day():
    day = date(2026, 11, 24)
    assert (
        found([], "2026-11-24T12:00", opening_hours.SpecialHours(day, day), always=True).is_open
        is False
    )
    assert (
        found([], "2026-11-25T12:00", opening_hours.SpecialHours(day, day), always=True).is_open
        is True
    )


@pytest.mark.parametrize(
    ("at", "read"),
    [(time(8, 30), "《ぷん》"), (time(17, 15), "《ふん》"), (time(9, 1), "《ぷん》")],
)
def test_minutes_are_read_as_people_say_them(at, read):
    assert hours_words.time_words(at).endswith(read)


def test_days_with_the_same_hours_stand_in_one_line():
    lines = hours_words.week_lines(
        opening_hours.OpeningWeek((*WORKDAYS, opening_hours.OpeningSlot(5, time(9), time(12))))
    )
    assert [hours_text_free(days) for days, _ in lines] == ["月から 金", "土"]
    assert hours_text_free(hours_words.week_lines(opening_hours.OpeningWeek(DAILY))[0][0]) == "毎日"


def test_special_days_that_are_over_are_not_told():
    past = opening_hours.SpecialHours(date(2026, 1, 5), date(2026, 1, 6))
    lines = hours_words.special_lines(
        opening_hours.OpeningWeek(DAILY, (past, NEW_YEAR)), date(2026, 11, 24)
    )
    assert [hours_text_free(days) for days, _ in lines] == ["毎年 12月29日から 1月3日"]


# -- properties -----------------------------------------------------------------------------------

times = st.times().map(lambda t: t.replace(second=0, microsecond=0))
pairs = st.tuples(times, times).filter(lambda pair: pair[0] != pair[1])
opening = st.builds(lambda d, p: opening_hours.OpeningSlot(d, *p), st.integers(0, 6), pairs)
days = st.dates(date(2026, 1, 1), date(2028, 12, 31))
special = st.builds(
    lambda day, length, yearly, pair, note: opening_hours.SpecialHours(
        day, day + timedelta(length), yearly, *(pair or (None, None)), note=note
    ),
    days, st.integers(0, 40), st.booleans(), st.none() | pairs,
    st.sampled_from(["", "夏休み", "イベントの 日"]),
)  # fmt: skip
weeks = st.builds(
    opening_hours.OpeningWeek, st.lists(opening, max_size=6).map(tuple), st.lists(special, max_size=3).map(tuple),
    st.booleans(), st.booleans(),
)  # fmt: skip
moments = st.datetimes(datetime(2026, 1, 1), datetime(2030, 1, 1))


@given(moments)
def test_a_place_open_always_is_open(at):
    assert opening_hours.open_state(at, opening_hours.OpeningWeek(always=True)).is_open is True


@given(moments, weeks)
def test_what_is_said_agrees_with_the_minute(at, week):
    """Open means some span of yesterday or today holds this minute; the next opening is ahead."""
    state = opening_hours.open_state(at, week, jpholiday.is_holiday)
    spans = [
        span
        for ahead in (-1, 0)
        for span in opening_hours.opening_spans(
            at.date() + timedelta(ahead), week, jpholiday.is_holiday
        )
    ]
    assert hours_words.state_words(state, at)
    if state.is_open is not None:
        assert state.is_open == any(opens <= at < closes for opens, closes in spans)
    assert state.next_at is None or state.next_at > at
    assert state.until is None or state.until > at


@given(moments, weeks)
def test_at_the_next_opening_it_is_open_and_not_a_minute_before(at, week):
    state = opening_hours.open_state(at, week, jpholiday.is_holiday)
    if state.next_at is not None:
        assert opening_hours.open_state(state.next_at, week, jpholiday.is_holiday).is_open is True
        before = max(at, state.next_at - timedelta(minutes=1))
        assert opening_hours.open_state(before, week, jpholiday.is_holiday).is_open is False


# -- as a cell ------------------------------------------------------------------------------------


@given(st.lists(opening, max_size=10, unique=True))
def test_hours_survive_being_a_cell(openings):
    cell = hours_text.write_openings(openings)
    assert set(hours_text.read_hours(cell).openings) == set(openings)
    assert hours_text.write_openings(hours_text.read_hours(cell).openings) == cell


@given(st.lists(special, max_size=5, unique=True))
def test_special_days_survive_being_a_cell(specials):
    cell = hours_text.write_specials(specials)
    assert set(hours_text.read_specials(cell)) == set(specials)


def test_a_week_is_written_short():
    assert hours_text.write_openings(WORKDAYS) == "月-金 08:30-17:15"
    assert hours_text.write_specials([NEW_YEAR]) == "毎年 2026-12-29~2027-01-03 休み"


@pytest.mark.parametrize(
    ("cell", "read"),
    [
        ("月火水木金土 7:00-19:00", "月-土 07:00-19:00"), ("月～金 9:00～17:00", "月-金 09:00-17:00"),
        ("月－金　９：００－１７：００", "月-金 09:00-17:00"), ("毎日 10時〜20時", "月-日 10:00-20:00"),
        ("月曜日から金曜日 9時30分から17時まで", "月-金 09:30-17:00"),
        ("月・水 午後1時から4時まで", "月 13:00-16:00; 水 13:00-16:00"),
        ("月-金 09:00-12:00, 13:00-17:00", "月-金 09:00-12:00; 月-金 13:00-17:00"),
        ("月-金9:00-17:00、土9時半-正午", "月-金 09:00-17:00; 土 09:30-12:00"),
        ("月 18:00-翌2:00", "月 18:00-02:00"), ("土日 9-17時", "土-日 09:00-17:00"),
        ("月-金 9:00-24:00", "月-金 09:00-00:00"), ("", ""),
    ],
)  # fmt: skip
def test_hours_are_read_as_directories_write_them(cell, read):
    hours_read = hours_text.read_hours(cell)
    assert hours_text.write_openings(hours_read.openings) == read
    assert (hours_read.rests_on_holidays, hours_read.always) == (False, False)


def test_weekdays_of_work_and_a_word_beside_them_say_that_holidays_are_off():
    assert hours_text.read_hours("平日 9:00-17:00").rests_on_holidays
    assert hours_text.read_hours("月-土 9:00-17:00(祝日は休み)").rests_on_holidays
    assert hours_text.read_hours("24時間365日").always


@pytest.mark.parametrize(
    ("cell", "named"),
    [("平日 9:00-17:00(年末年始を除く)", "「(年末年始を除く)」"), ("第2土 9:00-12:00", "「第2」"),
     ("月~金 8:30~17:15 ※要予約", "「※要予約」"), ("土日祝 10:00-16:00", "「祝」"),
     ("9:00-17:00", "曜日がありません"), ("24時間、月 9:00-10:00", "両方")],
)  # fmt: skip
def test_what_is_not_understood_is_named_and_nothing_is_guessed(cell, named):
    with pytest.raises(hours_text.HoursFormatError) as refused:
        hours_text.read_hours(cell)
    assert named in str(refused.value)


@pytest.mark.parametrize(
    "cell", ["いつでも", "月-金", "月 25:00-26:00", "金-月 9:00-10:00", "月 9:00-9:00", "=1+1"]
)
def test_a_cell_that_is_no_hours_is_refused_with_the_reason(cell):
    with pytest.raises(hours_text.HoursFormatError, match="。"):
        hours_text.read_hours(cell)


@pytest.mark.parametrize(
    "cell",
    [
        "年末年始",
        "2026-02-30 休み",
        "2026-12-25",
        "2027-01-03~2026-12-29 休み",
        "9999-12-31 休み",
        "0001-01-01 休み",
    ],
)
def test_a_cell_that_is_no_date_is_refused_with_the_reason(cell):
    with pytest.raises(hours_text.HoursFormatError, match="。"):
        hours_text.read_specials(cell)


@given(st.text(max_size=60))
def test_no_cell_breaks_the_reader(text):
    for read in (hours_text.read_hours, hours_text.read_specials):
        try:
            read(text)
        except hours_text.HoursFormatError as error:
            assert str(error)
