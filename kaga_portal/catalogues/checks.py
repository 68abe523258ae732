"""Faults of a catalogue: missing sentences, placeholders that differ."""

import re
from collections.abc import Iterator

from babel.messages.catalog import Catalog, Message

from apps.core.counters import RUBY
from kaga_portal.catalogues.files import EASY

PLACEHOLDER = re.compile(r"%\(\w+\)[a-z]|%[a-z](?![a-z])|\{\w*\}")
# Files that no student reads need no easy Japanese. All others do, new ones too.
OF_ADULTS = (
    "apps/cases/",
    "apps/checkins/services/staff_words.py",
    "apps/checkins/staff_words.py",
    "apps/checkins/withheld_models.py",
    "apps/disclosure/services/access_log.py",
    "apps/disclosure/services/given_records.py",
    "apps/disclosure/models/unusual_looks.py",
    "apps/helpdesk/help_for_guardians.py",
    "apps/helpdesk/models/issues.py",
    "apps/helpdesk/services/entered_questions.py",
    "apps/helpdesk/services/issues.py",
    "apps/helpdesk/services/question_queue.py",
    "apps/helpdesk/services/support_people.py",
    "apps/helpline/family_",
    "apps/helpline/models/family_requests.py",
    "apps/helpline/services/family_requests.py",
    "apps/helpline/services/talk.py",
    "apps/helpline/staff_words.py",
    "apps/ledger/words.py",
    "apps/linkage/services/running_runs.py",
    "apps/notices/services/self_help.py",
    "apps/people/services/kept_out_people.py",
    "apps/people/services/neutral_pages.py",
    "apps/people/services/staff_conflicts.py",
    "apps/registration/forms/newcomers.py",
    "apps/registration/letter_lookup.py",
    "apps/registration/name_rules.py",
    "apps/registration/services/guardian_renames.py",
    "apps/registration/services/lead_letters.py",
    "apps/registration/services/letters.py",
    "apps/registration/services/reminders.py",
    "apps/registration/services/safe_contacts.py",
    "apps/people/admin_bases/",
    "apps/signin/account_",
    "apps/signin/adapters.py",
    "apps/signin/password_validators.py",
    "apps/signin/myna_flow.py",
    "apps/signin/oidc/fault_words.py",
    "apps/signin/recent_proof.py",
    "apps/signin/second_factor_middleware.py",
    "apps/signin/services/lti_platforms.py",
    "apps/signin/services/myna_links.py",
    "apps/signin/services/myna_services.py",
    "apps/signin/services/school_account_services.py",
    "apps/signin/services/sign_in_services.py",
    "apps/signin/views/myna.py",
    "apps/staffing/",
    "kaga_portal/stalled_work.py",
    "kaga_portal/today_operations.py",
    "kaga_portal/today_warnings.py",
    "templates/account/",
    "templates/helpline/_adult_lines.html",
    "templates/helpline/_family_form.html",
    "templates/helpline/family.html",
    "templates/components/_choices.html",
    "templates/mfa/",
    "templates/registration/accept_letter.html",
    "templates/registration/letter",
    "templates/registration/newcomer.html",
    "templates/signin/lti_links.html",
    "templates/signin/lti_response.html",
    "templates/staffing/",
)


def problems(name: str, catalog: Catalog) -> list[str]:
    """One line for each fault of a catalogue."""
    return [
        f"locale/{name}: {message.id!r}: {fault}"
        for message in catalog
        if message.id
        for fault in _faults(name, message)
    ]


def _faults(name: str, message: Message) -> Iterator[str]:
    originals = _texts(message.id)
    for text in originals:
        if RUBY.search(text):
            yield "the source language is plain Japanese, without readings"
    if message.fuzzy:
        yield "is marked fuzzy"
    translations = [text for text in _texts(message.string) if text]
    if len(translations) < len(_texts(message.string)) or not translations:
        if name != EASY or _is_for_students(message):
            yield "no translation"
        return
    wanted = {tuple(sorted(PLACEHOLDER.findall(text))) for text in originals}
    for text in translations:
        if tuple(sorted(PLACEHOLDER.findall(text))) not in wanted:
            yield f"placeholders differ in {text!r}"
        if name != EASY and RUBY.search(text):
            yield f"readings in {text!r}"


def _is_for_students(message: Message) -> bool:
    return any(not place.startswith(OF_ADULTS) for place, _ in message.locations)


def _texts(text: str | tuple | list | None) -> list[str]:
    return [text or ""] if isinstance(text, str | None) else [each or "" for each in text]
