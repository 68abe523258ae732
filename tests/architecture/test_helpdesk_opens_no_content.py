"""Law: no staff page with what people wrote, answered or agreed opens to the helpdesk."""

from tests.architecture.test_page_view_audit import (  # noqa: F401 - the plant
    ADULT,
    CHILD,
    _ask,
    _pages,
    case,
    planted,
    watched,
)
from tests.browser import Browser

APPS = (
    "audit_", "cases_", "checkins_", "consent_", "disclosure_", "helpline_", "linkage_",
    "registration_", "reports_", "selfinfo_", "vault_",
)  # fmt: skip
# How sources and fetches go, and what was printed: none names a child or a guardian.
STATES = {
    "linkage_datasource_change", "linkage_datasource_changelist", "linkage_datasource_history",
    "linkage_issues", "linkage_run", "linkage_syncrun_changelist", "linkage_syncrun_history",
    "registration_printedsheet_changelist", "selfinfo_selfinfocode_changelist",
    "selfinfo_selfinfosession_changelist",
}  # fmt: skip
# Cards and PINs of a class, by name: that is what the helpdesk is asked for.
NAMED = {"registration_cards", "registration_pin_reset"}


def test_no_page_with_content_opens_to_the_helpdesk(planted, sign_in):  # noqa: F811
    c = planted
    readers = [c.principal, c.homeroom, c.officer, c.privacy, c.nurse, c.teacher]
    browsers = [sign_in(post.user, Browser) for post in readers]
    helpdesk = sign_in(c.helpdesk.user, Browser)
    opens, opened_by_others = set(), set()
    for name, urls in _pages(c):
        if not name.startswith(APPS):
            continue
        for url in urls:
            status, body, _ = _ask(helpdesk, "get", url)
            assert status in {200, 302, 403, 404, 405}, url
            if status == 200:
                opens.add(name)
                is_named = CHILD.encode() in body or ADULT.encode() in body
                assert not is_named or name in NAMED, url
            if name not in opened_by_others and any(
                _ask(each, "get", url)[0] == 200 for each in browsers
            ):
                opened_by_others.add(name)
    assert opens == STATES | NAMED
    assert len(opened_by_others - opens) > 60  # the addresses are real: others open them
