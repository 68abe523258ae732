"""The next student at a tablet finds no word of the last one, however the pages are gone back to."""

import pytest

from tests.journeys.shared_tablet import FORMS, TYPED, enter, leave, staffed, worker_is_ready, write

pytestmark = [pytest.mark.journey, pytest.mark.django_db(transaction=True)]
CHOSEN = (
    "() => [...document.querySelectorAll('input[type=radio]:checked')].map((e) => e.value).join()"
)


@pytest.mark.parametrize("path", FORMS)
@pytest.mark.parametrize("is_sent", [True, False])
def test_back_and_forward_show_the_next_student_an_empty_form(walker, two_students, path, is_sent):
    tablet = walker("tablet")
    page = tablet.page
    staffed(two_students["さくら"][0])
    enter(tablet, two_students["さくら"][1], "さくら")
    worker_is_ready(page)
    tablet.go(path)
    untouched = page.evaluate(CHOSEN)
    write(page, path)
    if is_sent:
        page.locator("main form button.button--solid:visible").last.click()
        page.wait_for_url(lambda url: not url.endswith(path))
    else:
        tablet.go("/")
    leave(page)  # a page of help leaves to the blank page, every other one to the first page
    page.wait_for_url(lambda url: url.endswith(("/blank/", f"{tablet.base}/")))
    enter(tablet, two_students["れん"][1], "れん")
    seen = 0
    for step in [page.go_back] * 6 + [page.go_forward] * 6:
        if step() is None and page.url == "about:blank":
            continue
        page.wait_for_timeout(150)
        assert page.evaluate(TYPED) == ""
        if page.url.endswith(path):
            seen += 1
            assert page.evaluate(CHOSEN) == untouched
    assert seen
