"""No page scrolls sideways: not on the narrowest phone, not with text twice as large."""

import os
from pathlib import Path
from types import SimpleNamespace

import pytest
from allauth.account.internal.flows.login import record_authentication
from django.conf import settings
from django.test import Client
from django.urls import URLPattern, get_resolver, reverse

from apps.cases.services import referrals
from apps.helpdesk.models import HelpEntry
from apps.signin.models import MynaService, SchoolAccountService
from tests import factories
from tests.journeys.sample_case import put_days, worked_on_case
from tests.journeys.sample_town import furnish
from tests.registration.confirmation_helpers import come, confirm, letter_of

pytestmark = [pytest.mark.journey, pytest.mark.django_db(transaction=True)]

# Addresses that show no page of their own, and why.
NO_PAGE = {
    "healthz": "text", "readyz": "JSON", "portal:manifest": "JSON", "portal:sw": "script",
    "consent:keys": "JSON", "consent:json": "a file", "consent:pdf": "a file",
    "disclosure:personal_data_file": "a file", "mfa_download_recovery_codes": "a file",
    "portal:deliver": "POST of a tablet", "portal:language": "POST", "portal:neutral": "leads on", "old_help": "leads on", "checkins:deliver": "POST of a tablet", "push:ack": "POST",
    "push:subscribe": "POST", "push:unsubscribe": "POST", "push:trial": "POST",
    "helpline:family_withdraw": "POST", "helpline:cancel": "POST", "helpline:write_back": "POST", "helpline:reply": "leads on", "helpline:hide": "POST", "checkins:show_words": "POST", "signin:leave": "POST", "selfinfo:notify": "POST",
    "signin:card": "as card_entry", "signin:prove": "leads on who is proved", "registration:letter": "as letter_entry", "consent:paper": "leads on",
    "push:leave": "a script's", "push:renew": "a script's", "signin:leave_proved": "a script's",
    "push:trial_state": "a part of a page", "selfinfo:state": "a part of a page",
    "account_set_password": "leads on", "account_inactive": "nobody's", "account_confirm_login_code": "off",
    "account_email_verification_sent": "leads on", "mfa_authenticate": "only on the way in",
    "account_confirm_password_reset_code": "only after a mail",
    "account_complete_password_reset": "only after a mail",
    "account_password_reset_completed": "only after a mail", "account_reauthenticate": "leads on",
    "mfa_reauthenticate": "leads on", "mfa_reauthenticate_webauthn": "leads on",
    "mfa_edit_webauthn": "needs a key", "mfa_remove_webauthn": "needs a key",
    "mfa_deactivate_totp": "asks again", "signin:session_left": "JSON",
    "staffing:join": "only with an invitation: test_people_of_the_school",
    "cases:answer": "only with a link: test_no_page_of_a_case_scrolls_sideways",
    "staffing:confirm_initial_staff": "of two people: test_people_of_the_school", "staffing:choose_post": "of staff",
    "signin:school_account": "POST", "signin:link_school_account": "POST", "signin:end_school_account": "POST",
    "signin:school_account_return": "only from the service", "signin:lti_launch": "POST", "signin:lti_links": "POST", "signin:lti_keys": "JSON", "signin:passkey": "a script's", "signin:passkey_later": "POST",
    "signin:myna_begin": "POST", "signin:link_myna": "POST", "signin:unlink_myna": "POST", "signin:myna_return": "leads on",
    "signin:end_session": "POST", "signin:end_others": "POST", "mfa_activate_totp": "leads on once it is on",
}  # fmt: skip
REFUSES = {"signin:lti_begin"}  # without what a platform sends: its page of refusal is measured
SHOTS = os.environ.get("SCREENS")
# Width in CSS pixels, size of the root's text, size of text as a phone's browser sets it.
SIZES = ((320, 100, 100), (390, 200, 100), (390, 100, 200), (820, 100, 100))
SET_TEXT = """([root, zoom]) => {
  const style = document.documentElement.style;
  style.fontSize = `${root}%`;
  style.setProperty("-webkit-text-size-adjust", `${zoom}%`);
}"""


def pages_of_a_visitor(town):
    token = town.receipts["guardian"].proof
    return {
        "helpdesk:guide": [], "helpdesk:page": ["notifications"], "helpdesk:ask": [], "helpdesk:asked": [], "helpdesk:confirm_mail": ["x"], "portal:home": [], "portal:offline": [], "portal:not_sent": [], "portal:blank": [], "signin:card_entry": [], "signin:pin": [], "signin:school_accounts": [], "signin:lti_begin": [],
        "registration:letter_entry": [], "registration:letter_welcome": [], "consent:check_receipt": [],
        "staffing:enter_number": [], "helpline:by_card": [], "helpline:sent_by_card": [],
        "consent:check_proof": [token], "consent:documents": [town.cast.city.code],
        "notices:places": [], "notices:cards": [], "notices:place": [town.place.pk], "notices:sheet": [],
        "notices:poster": [town.place.pk], "selfinfo:callback": [],
        "signin:myna": [], "account_login": [], "account_signup": [], "account_reset_password": [],
    }  # fmt: skip


def pages_of_a_student(town):
    student = town.student.pk
    return {
        "helpdesk:guide": [], "helpdesk:page": ["card"], "helpdesk:ask": [], "helpdesk:questions": [], "portal:home": [], "checkins:today": [], "checkins:week": [], "checkins:more": ["weekly"],
        "checkins:frequency": [], "checkins:done": [], "checkins:days": [], "helpline:start": [],
        "helpline:now": [], "helpline:ask": [], "helpline:status": [], "helpline:hidden": [],
        "helpline:one": [town.answered.pk], "notices:inbox": [], "notices:notice": [town.notice.pk],
        "notices:places": [], "notices:place": [town.place.pk], "push:settings": [],
        "signin:change_pin": [], "signin:own_school_account": [], "registration:my_guardians": [], "consent:overview": [student], "consent:ask": [student, "attendance"],
        "consent:check": [student], "consent:withdraw": [student, "attendance"],
        "disclosure:access_log": [student], "disclosure:corrections": [student], "disclosure:personal_data": [student],
        "consent:receipt": [town.receipts["student"].pk], "consent:certificate": [town.certificate.pk],
    }  # fmt: skip


def pages_of_a_guardian(town):
    student = town.student.pk
    found = pages_of_a_student(town)
    del found["consent:certificate"]  # tells what the child answered
    for name in list(found):
        if name.split(":")[0] in {"checkins", "helpline", "signin", "registration"}:
            del found[name]
    return found | {
        "consent:receipt": [town.receipts["guardian"].pk],
        "selfinfo:begin": [student],
        "selfinfo:session": [town.session_over.pk], "registration:letter_entry": [],
        "registration:accept_letter": [], "registration:own_guardianships": [], "registration:ask_end_guardianship": [student],
        "registration:own_statement": [town.waited_for.pk], "registration:correct_own_statement": [town.waited_for.pk],
        "registration:end_guardianship": [student], "registration:object_to_registration": [student, town.registered.pk],
        "helpdesk:entry": [town.help_entry.pk], "helpline:family": [student], "account_email": [], "account_change_password": [],
        "signin:myna": [], "signin:sessions": [], "account_logout": [], "mfa_index": [], "mfa_view_recovery_codes": [],
        "mfa_generate_recovery_codes": [], "mfa_list_webauthn": [], "mfa_add_webauthn": [],
    }  # fmt: skip


@pytest.fixture
def town(cast, settings):
    town = furnish(cast, settings)
    SchoolAccountService.objects.create(
        municipality=cast.city, kind="google", client_id="c-1", domain="a.example", is_on=True
    )
    MynaService.objects.create(
        municipality=cast.city, environment="sandbox", client_id="RP1", is_on=True
    )
    letter = letter_of(town.student, by=cast.office.user)
    town.registered = come(letter, "sobo@example.com", relation="grandparent", given="かよこ")
    confirm(town.registered, cast.nurse.user)
    town.help_entry = HelpEntry.objects.create(
        municipality=cast.city, title="てがみの こと", body="まって ください。", is_draft=False
    )
    town.waited_for = factories.student(cast.class_2, "まつ", number=40, with_user=False)
    waits_by = letter_of(town.waited_for, by=cast.office.user, code="W2345")
    come(waits_by, town.guardian.user.email, relation="father")
    return town


def entered(user=None):
    """A client of this person who has just proved who they are."""
    client = Client()
    if user is not None:
        factories.force_sign_in(client, user)
        session = client.session
        record_authentication(
            SimpleNamespace(session=session), user, method="password", reauthenticated=True
        )
        session.save()
        client.cookies[settings.SESSION_COOKIE_NAME] = session.session_key  # a new one
        factories.with_recent_pin(client)
    return client


def visitor(town):
    client = entered()
    client.post(reverse("signin:card_entry"), {"code": town.card})
    client.post(reverse("registration:letter_entry"), {"code": town.letter})
    return client


def with_a_draft(client, town):
    for purpose in ("attendance", "study_log"):
        address = reverse("consent:ask", args=[town.student.pk, purpose])
        document = client.get(address).context["document"].pk
        client.post(address, {"document": document, "response": "given", "then": "check"})
    return client


def student(town):
    return with_a_draft(entered(town.student.user), town)


def guardian(town):
    client = with_a_draft(entered(town.guardian.user), town)
    client.post(reverse("registration:letter_entry"), {"code": town.letter})
    return client


PEOPLE = {
    "visitor": (visitor, pages_of_a_visitor),
    "student": (student, pages_of_a_student),
    "guardian": (guardian, pages_of_a_guardian),
}
WIDER = """() => {
  const width = document.documentElement.clientWidth;
  const out = (box) => box.width > 1 && (box.right > width + 1 || box.left < -1);
  const found = [...document.querySelectorAll("body *")].filter(
    (each) => !each.closest(".skip, .visually-hidden") && out(each.getBoundingClientRect()));
  return [document.documentElement.scrollWidth - width, found.slice(-3).map((each) => each.outerHTML.slice(0, 140))];
}"""


def too_wide(page, name):
    """[what stands out, by size] of the page that is open, each size in turn."""
    found = []
    for width, root, zoom in (*SIZES, *([(390, 100, 100)] if SHOTS else [])):
        page.set_viewport_size({"width": width, "height": 844})
        page.evaluate(SET_TEXT, [root, zoom])
        over, what = page.evaluate(WIDER)
        if over > 0:
            found.append((name, f"{width}px, text {root} %, {zoom} %", over, what))
        if SHOTS:
            Path(SHOTS).mkdir(parents=True, exist_ok=True)
            file = f"{name.replace(':', '-')}-{width}-{root}-{zoom}.png"
            page.screenshot(path=f"{SHOTS}/{file}", full_page=True)
    return found


@pytest.mark.parametrize("who", PEOPLE)
def test_no_page_scrolls_sideways(walker, town, who):
    come_in, pages_of = PEOPLE[who]
    browser = walker("phone", dark=bool(os.environ.get("DARK")), touch=True)
    cookies = come_in(town).cookies
    browser.context.add_cookies(
        [
            {"name": c.key, "value": c.value, "url": browser.base}
            for c in cookies.values()
            if c.value
        ]
    )
    found = []
    for name, args in pages_of(town).items():
        answer = browser.page.goto(f"{browser.base}{reverse(name, args=args)}")
        assert answer.status == 403 if name in REFUSES else answer.status in {200, 400}, name
        assert browser.page.url.startswith(f"{browser.base}{reverse(name, args=args)}"), name
        found += too_wide(browser.page, f"{who}-{name}")
    answer = browser.page.goto(f"{browser.base}/nowhere/")
    found += too_wide(browser.page, f"{who}-404")
    assert found == []


LEAST_FACT = 150  # CSS pixels: some eight characters a line, on a phone of 390
FACTS = "() => [...document.querySelectorAll('.facts dd')].map((each) => each.getBoundingClientRect().width)"


def test_the_facts_of_the_public_check_are_no_strip_on_a_phone(walker, town):
    browser = walker("phone", touch=True)
    token = town.receipts["guardian"].proof
    browser.page.goto(f"{browser.base}{reverse('consent:check_proof', args=[token])}")
    widths = browser.page.evaluate(FACTS)
    assert len(widths) >= 2
    assert min(widths) >= LEAST_FACT


def test_every_address_of_the_portal_is_looked_at_or_shows_no_page(town):
    named = set()

    def walk(resolver, space=""):
        for each in resolver.url_patterns:
            if isinstance(each, URLPattern):
                named.add(f"{space}{each.name}")
            elif each.namespace != "admin":
                walk(each, f"{each.namespace}:" if each.namespace else space)

    walk(get_resolver())
    looked_at = {name for _, pages_of in PEOPLE.values() for name in pages_of(town)}
    assert named - looked_at - NO_PAGE.keys() == set()
    assert (looked_at | NO_PAGE.keys()) - named == set()
    assert looked_at & NO_PAGE.keys() == set()


def staff_pages():
    """Addresses of the staff's pages that need no row to be named."""
    found = []

    def walk(resolver, start):
        for each in resolver.url_patterns:
            at = start + str(each.pattern)
            if isinstance(each, URLPattern):
                found.append(f"/{at}".replace("$", ""))
            else:
                walk(each, at)

    walk(get_resolver(), "")
    skipped = ("jsi18n", "autocomplete", "logout", "csv", "export", "login")
    plain = (path for path in found if path.startswith("/admin/") and not set("<(^?") & set(path))
    return [path for path in plain if not any(word in path for word in skipped)]


@pytest.mark.parametrize("who", ["officer", "principal"])
def test_no_page_of_staff_scrolls_sideways_on_a_tablet(walker, town, who):
    user = getattr(town.cast, who).user
    client = entered(user)
    browser = walker("tablet")
    cookies = [
        {"name": c.key, "value": c.value, "url": browser.base} for c in client.cookies.values()
    ]
    browser.context.add_cookies(cookies)
    found, n = [], 0
    for path in staff_pages():
        if client.get(path).status_code != 200:
            continue  # not this person's
        n += 1
        browser.page.goto(f"{browser.base}{path}")
        over, what = browser.page.evaluate(WIDER)
        if over > 0:
            found.append((path, over, what))
        if SHOTS:
            Path(SHOTS).mkdir(parents=True, exist_ok=True)
            browser.page.screenshot(path=f"{SHOTS}/staff-{who}-{n}.png")
    assert n > 10
    assert found == []


def test_no_page_of_a_case_scrolls_sideways(walker, town):
    case = worked_on_case(town)
    put_days(town.student)
    client = entered(town.cast.nurse.user)
    client.post(reverse("admin:cases_open", args=[case.pk]), {"reason": "safety"})
    client.post(
        reverse("admin:cases_meeting_open", args=[town.meeting.pk]), {"reason": "conference"}
    )
    browser = walker("tablet", dark=bool(os.environ.get("DARK")))
    browser.context.add_cookies(
        [{"name": c.key, "value": c.value, "url": browser.base} for c in client.cookies.values()]
    )
    pages = {
        "admin:cases_supportcase_change": [case.pk], "admin:cases_closed": [],
        "admin:cases_guide": [], "admin:cases_supportcase_changelist": [],
        "admin:helpline_family_open": [town.family_request.pk], "admin:cases_referral": [town.referral.pk], "admin:cases_pack": [town.pack.pk],
        "admin:cases_casemeeting_changelist": [], "admin:cases_casemeeting_change": [town.meeting.pk],
        "admin:cases_meeting_item": [town.meeting.pk, town.meeting.items.get(number=1).pk], "admin:cases_meeting_print": [town.meeting.pk],
        "cases:answer": [referrals.token_of(town.link)], "admin:index": [],
    }  # fmt: skip
    found = []
    for name, args in pages.items():
        address = f"{browser.base}{reverse(name, args=args)}"
        assert browser.page.goto(address).status == 200, name
        browser.page.evaluate("document.querySelectorAll('details').forEach((e) => e.open = true)")
        for width, height in ((1024, 768), (390, 844)):
            browser.page.set_viewport_size({"width": width, "height": height})
            over, what = browser.page.evaluate(WIDER)
            if over > 0:
                found.append((name, width, over, what))
            if SHOTS:
                Path(SHOTS).mkdir(parents=True, exist_ok=True)
                file = f"case-{name.split(':')[1]}-{width}.png"
                browser.page.screenshot(path=f"{SHOTS}/{file}", full_page=True)
    assert found == []
