"""Templates: no inline script or style, tokens in forms, no foreign origins, no long lines."""

import re

import pytest

from tests.code_files import ROOT, TEMPLATES

INLINE = re.compile(
    r"<script(?![^>]*\bsrc=)(?![^>]*type=\"application/json\")[^>]*>|<style\b|\sstyle=|\son[a-z]+=|hx-on|javascript:",
    re.IGNORECASE,
)
# The state in a sealed cookie is the proof; what is posted to another site has no token of ours.
BY_STATE = {"lti_again.html", "lti_response.html"}


@pytest.mark.parametrize("path", TEMPLATES, ids=lambda p: str(p.relative_to(ROOT / "templates")))
def test_no_script_or_style_stands_inside_a_page(path):
    found = INLINE.findall(path.read_text(encoding="utf-8"))
    assert found == []


@pytest.mark.parametrize("path", TEMPLATES, ids=lambda p: str(p.relative_to(ROOT / "templates")))
def test_every_form_that_posts_carries_its_token(path):
    text = path.read_text(encoding="utf-8")
    for form in re.findall(r"<form\b.*?</form>", text, re.DOTALL | re.IGNORECASE):
        if re.search(r'method="post"', form, re.IGNORECASE) and path.name not in BY_STATE:
            assert "csrf_token" in form


def test_no_page_names_a_foreign_origin():
    foreign = re.compile(r"(?:src|href)=\"(?:https?:)?//", re.IGNORECASE)
    guilty = [str(p) for p in TEMPLATES if foreign.search(p.read_text(encoding="utf-8"))]
    assert guilty == []


MAX_LINE = 160
# How many longer lines each template still has. This may only get shorter.
LONG_LINES = {
    "admin/checkins/question_set.html": 1, "admin/consent/document_review.html": 1,
    "admin/consent/guardianship.html": 1, "admin/consent/telephone_letter.html": 1,
    "admin/notices/notice.html": 1, "admin/registration/_letter.html": 1,
    "admin/registration/_registration_row.html": 1, "admin/registration/cards_renew.html": 1,
    "admin/registration/cards_sheet.html": 1, "admin/registration/guardian_rename.html": 1,
    "admin/registration/letters_renew.html": 1, "admin/registration/letters_school.html": 1,
    "admin/signin/account.html": 2, "admin/staffing/renewals.html": 1,
    "base.html": 3, "checkins/_steps.html": 3, "checkins/closed.html": 1,
    "checkins/done.html": 2, "checkins/frequency.html": 1, "checkins/today.html": 1,
    "components/_choices.html": 1, "components/_current_student.html": 1,
    "components/_edit_conflict.html": 2, "components/_error_summary.html": 1,
    "components/_field.html": 2, "components/_languages.html": 2, "components/_outbox.html": 1,
    "components/_push_card.html": 2, "components/_quick_exit.html": 2,
    "components/_required_mark.html": 1, "components/_sign_out.html": 1,
    "consent/_child_name.html": 1, "consent/_document.html": 2, "consent/_document_changes.html": 1,
    "consent/ask.html": 3, "consent/certificate.html": 2, "consent/check.html": 2,
    "consent/check_receipt.html": 2, "consent/documents_in_force.html": 2,
    "consent/overview.html": 8, "consent/receipt.html": 3, "consent/withdraw.html": 1,
    "disclosure/access_log.html": 2, "disclosure/personal_data.html": 3, "helpline/_hours.html": 1,
    "portal/_child.html": 6,
    "portal/_new_registration.html": 1, "portal/_own_registration.html": 3,
    "portal/_pin_events.html": 2, "portal/_unconfirmed_child.html": 7, "portal/_wrong_pins.html": 1,
    "portal/guardian.html": 7, "portal/not_sent.html": 1, "portal/offline.html": 2,
    "portal/student.html": 13, "portal/welcome.html": 3, "push/settings.html": 3,
    "registration/ask_end_guardianship.html": 1, "registration/correct_statement.html": 2,
    "registration/letter.html": 1, "registration/newcomer.html": 1,
    "registration/newcomer_statement.html": 2, "registration/objection.html": 2,
    "registration/own_guardianships.html": 2, "selfinfo/begin.html": 1, "selfinfo/session.html": 4,
    "signin/_sessions.html": 2, "staffing/confirm_initial_staff.html": 1, "staffing/join.html": 1,
}  # fmt: skip


def test_no_template_has_longer_lines_than_those_listed():
    """A line breaks between attributes or blocks, or before a tag's ">": never where it shows."""
    found = {
        str(path.relative_to(ROOT / "templates")): n
        for path in TEMPLATES
        if (n := sum(len(line) > MAX_LINE for line in path.read_text("utf-8").splitlines()))
    }
    more = {name: n for name, n in found.items() if n > LONG_LINES.get(name, 0)}
    assert more == {}, f"lines over {MAX_LINE} characters"
    assert sorted(LONG_LINES.keys() - found.keys()) == [], "no longer long: take them off the list"
