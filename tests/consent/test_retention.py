"""Nothing is kept past its days or its school year, and the two functions agree."""

from datetime import date, timedelta

from hypothesis import given
from hypothesis import strategies as st

from apps.consent.models import Purpose, PurposePolicy
from apps.consent.retention import last_day_kept, oldest_day_kept
from apps.consent.services.documents import install_seed_documents
from apps.consent.services.purpose_status import oldest_days_kept
from apps.core.clock import today
from apps.core.school_years import school_year_begins

dates = st.dates(date(2020, 1, 1), date(2040, 12, 31))
spans = st.integers(0, 366)


@given(dates, spans)
def test_a_fact_is_kept_at_most_so_long_and_to_the_end_of_march(on, days):
    last = last_day_kept(on, days)
    assert on <= last <= on + timedelta(days=days)
    assert school_year_begins(last) == school_year_begins(on)


@given(dates, spans, st.integers(0, 500))
def test_what_is_still_kept_is_what_has_not_passed_its_last_day(on, days, later):
    now = on + timedelta(days=later)
    assert (on >= oldest_day_kept(now, days)) == (last_day_kept(on, days) >= now)


def test_the_year_turns_on_the_first_of_april():
    assert last_day_kept(date(2027, 3, 31), 365) == date(2027, 3, 31)
    assert last_day_kept(date(2027, 4, 1), 365) == date(2028, 3, 31)


def test_each_city_has_its_own_days(cast):
    for city in (cast.city, cast.away):
        install_seed_documents(city)
    PurposePolicy.objects.filter(municipality=cast.away, purpose="attendance").update(kept_days=0)
    found = oldest_days_kept(Purpose.ATTENDANCE)
    assert found[cast.away.pk] == today()
    assert found[cast.city.pk] == oldest_day_kept(today(), 365)
