"""What staff choose or type that names a row, a folder, a secret or a server is bound to a place.

One table of the fields of forms, one of what views read without a form. Each new name must be put
here with what binds it. test_names_of_other_places.py sends names of other places.
"""

import ast
import importlib
import pkgutil

from django import forms
from django.contrib import admin

import apps
from tests.code_files import ROOT, trees

# Forms of students, guardians and visitors, of accounts, and bases without a page of their own.
NOT_OF_STAFF = {
    "AnswerForm", "CheckReceiptForm", "SubmitAnswersForm", "CorrectionForm", "SupportQuestionForm",
    "FamilyRequestForm", "HelpRequestForm", "HiddenRequestForm", "WriteBackForm", "AddEmailForm",
    "LoginForm", "ResetPasswordForm", "SignupForm", "ChangePinForm", "FirstPinForm", "LinkForm",
    "PinForm", "AddPasskeyForm", "PasskeySignInForm", "ProvePasskeyForm", "OrganisationSearchForm",
    "NewcomerForm", "PrivacyForm", "RelationshipForm", "TypedCodeForm", "VoiceCodeForm",
}  # fmt: skip
# {form: {field: what binds it}}: rows to choose, and names, folders and servers to type.
BOUND = {
    "AssignForm": {"holder": "colleagues_for: posts that include the student of each picked case"},
    "BeginForm": {"student": "students_for: students_where"},
    "TalkWithGuardianForm": {"guardianship": "guardians_to_talk_with: the case's own student"},
    "StudentEventForm": {"student": "students_for: students_where"},
    "CallMeetingForm": {"meeting": "meetings_to_come: the school of the picked cases"},
    "MinutesForm": {"present": "attendees_for: posts of the school and its city"},
    "ProtectForm": {"people": "people_for: posts of the student's school and city"},
    "ReaderForm": {"person": "people_for: posts of the student's school and city"},
    "ProtectiveNoteForm": {
        "assignee": "readers of the case", "step": "notes of the case",
        "organisation": "organisations_for: of the case's city, and national ones",
    },
    "StudentForm": {"student": "students_for: students_where"},
    "SchemeForm": {"municipality": "municipalities_where"},
    "ClosedCasesForm": {
        "school_class": "classes of the closed cases one sees", "holder": "holders of those",
        "rule": "rules of those", "month": "months of those",
    },
    "EndStepForm": {"step": "steps_to_end: of the case"},
    "ReferForm": {"organisation": "organisations_for: of the case's city, and national ones"},
    "ReferralAnswerForm": {"referral": "referrals of the case"},
    "SchemeStepForm": {"scheme": "schemes_of: the case's city"},
    "StepForm": {"assignee": "assignees_for: posts of the case's school"},
    "QuestionSetForm": {"code": "once among the versions known to the own cities"},
    "GuardianStandingForm": {"why": "reasons, no rows"},
    "ConsentDocumentForm": {"readers": "roles, no rows"},
    "PurposePolicyForm": {"readers": "roles, no rows"},
    "HelpContactForm": {"school": "check_school: of the row's city"},
    "EnterQuestionForm": {"school": "cities_where", "mail": "whom to answer"},
    "SupportVisitForm": {"school": "check_school: of the row's city"},
    "ProtectionRouteForm": {
        "municipality": "cities_where",
        **dict.fromkeys(("first", "second", "last"), "missing_people: of the city"),
    },
    "DutyPersonForm": {"person": "staff_accounts_at; listed_people: of the roster's school"},
    "DutyRosterForm": {
        "school": "schools_where",
        **dict.fromkeys(("first", "second", "last"), "switch_on: of the school"),
    },
    "SourceForm": {
        "school": "cities_where", "place": "source_folders: below the city's own; servers "
        "that the operator allows", "token_url": "servers that the operator allows",
        "secret_name": "is_own_secret_name: the municipality's prefix",
        "user_name": "sent with the own secret",
    },
    "OrganisationExportForm": {
        "resource": "one", "format": "formats", "export_items": "rows of get_queryset",
    },
    "NoticeForm": {
        "schools": "why_not_bound: of the notice's city; schools_where",
        "organisations": "why_not_bound: of the notice's city, and national ones",
        "grades": "grades of the own students",
    },
    "OrganisationForm": dict.fromkeys(
        ("chat_url", "line_url", "web_url"), "shown as links; the portal asks none of them"
    ),
    "VerifyForm": {"source_url": "shown; the portal does not ask it"},
    "ProtectionCheckForm": {"school": "schools_where"},
    "StaffConflictForm": {"post": "posts_to_choose: of the student's school and city"},
    "EmergencyForm": {"school_class": "schools_where"},
    "QuietHoursForm": {"school": "schools_where"},
    "GuardianListForm": {"school": "schools_where"},
    "SelfInfoCodeForm": dict.fromkeys(("name_code", "item_code"), "of the row's city"),
    "LtiPlatformForm": {
        **dict.fromkeys(("auth_url", "keyset_url"), "is_allowed_service"),
        "issuer": "one row for issuer and client", "client_id": "one row for issuer and client",
        "deployment_ids": "compared with what the platform sends",
    },
    "MynaServiceForm": {"client_id": "the city's own registration"},
    "SchoolAccountServiceForm": {
        "client_id": "the city's own registration", "domain": "is_allowed_service",
        "tenant": "is_allowed_service",
    },
    "AppointmentForm": {
        "role": "appointing_post: one single post", "school": "schools_where",
        "school_class": "schools_where; why_post_invalid: of the school",
    },
    "ChangePostForm": {"role": "appointing_post", "school_class": "of the school of the post"},
}  # fmt: skip
# {form: its fields for words alone}: they name no row that anybody would look up.
WORDS = {
    "BeginForm": "worry", "TalkWithGuardianForm": "words wants not_known",
    "TalkWithStudentForm": "words wants not_known", "_ConversationForm": "words wants not_known",
    "StudentEventForm": "words", "MinutesForm": "words outside", "ProtectForm": "named facts",
    "ProtectiveNoteForm": "facts", "SchemeForm": "name what for_whom where_to_apply",
    "CaseNoteForm": "words", "CentreReportForm": "words", "DecideForm": "words",
    "EndStepForm": "words", "HandOverForm": "words to", "ObserveForm": "words",
    "OutcomeForm": "words", "PlanForm": "words why_not", "ReferForm": "words why_alone",
    "ReopenForm": "words", "SchemeStepForm": "words", "StepForm": "words who",
    "QuestionForm": "code text hint options", "QuestionSetForm": "title lead permission",
    "WordForm": "word", "GuardianStandingForm": "document_number", "RelationForm": "was",
    "TelephoneAnswerForm": "shown", "HelpContactForm": "phone email hours",
    "ConsentDocumentForm": "question what what_not source recipients kept aim student_question "
    "student_words", "SupportIssueForm": "title words answer", "AnswerTemplateForm": "title body",
    "EnterQuestionForm": "text", "IssueFromQuestionForm": "title words", "SupportReplyForm": "text",
    "HelpEntryForm": "title body", "ServiceNoteForm": "words", "SupportVisitForm": "done",
    "ApprovalForm": "name", "CloseRequestForm": "seen words", "DutyPersonForm": "shown_name",
    "ReplyForm": "seen words meet_place", "_OpenedForm": "seen", "SourceForm": "title secret",
    "HoursExceptionForm": "note", "NoticeForm": "title body change_note", "WithdrawForm": "words",
    "OrganisationForm": "name summary helps_with for_whom phone place address hours_note cost "
    "languages first_talk",
    "CallerForm": "family_name given_name family_kana given_kana mail phone",
    "KeptOutPersonForm": "reason family_name given_name family_kana given_kana mail phone "
    "document_number",
    "StaffConflictForm": "reason",
    "TypedPersonFields": "family_name given_name family_kana given_kana mail phone",
    "SearchForm": "search_words", "ProposalReasonForm": "reason", "EmergencyForm": "why",
    "ReviewForm": "note", "NamesForm": "family_name given_name family_kana given_kana",
    "LtiPlatformForm": "name", "SchoolAccountServiceForm": "secret",
    "PersonSearchForm": "search_words",
    "AppointmentForm": "name mail", "InitialStaffForm": "name mail", "_PersonForm": "name mail",
}  # fmt: skip
# Admin pages whose form Django makes: all that may be chosen there.
MADE_BY_DJANGO = {
    "Municipality": "nothing that names",
    "SchoolBreak": "school: schools_where",
    "CheckInSettings": "school: schools_where",
    "DutyHours": "nothing that names",
    "OpeningHours": "nothing that names",
}
# What views read without a form: {file: {name: what binds it}}.
READ = {
    "apps/cases/admin/assign_pages.py": {"pick": "visible_cases", "pick-…": "visible_to"},
    "apps/cases/admin/begin_pages.py": {"kind.value": "source_for: rows that one may open"},
    "apps/cases/admin/meetings.py": {"pick": "visible_cases"},
    "apps/cases/admin/protective.py": {
        "request": "visible_to", "row": "rows of the case; open_signs_for",
        "student": "students_for",
    },
    "apps/consent/admin/paper_forms.py": {"school_class": "classes_where"},
    "apps/consent/admin/telephone_answers.py": {"school_class": "classes_where"},
    "apps/disclosure/admin/audit_events.py": {"number": "searched in get_queryset"},
    "apps/disclosure/admin/hidden_entries.py": {"event": "entries_awaiting_decision"},
    "apps/helpdesk/admin/questions.py": {"student": "students_where", "template": "templates_for"},
    "apps/helpdesk/admin/registers.py": {"issue": "issues of the own cities"},
    "apps/linkage/admin/file_mappings.py": {"tried": "result_named: one's own job"},
    "apps/notices/admin/organisation_files.py": {
        "job": "result_named: one's own job", "read": "result_named: one's own job",
    },
    "apps/notices/admin/self_help.py": {"city": "municipalities_where", "topic": "cards, no rows"},
    "apps/people/admin_bases/proposals.py": {"what": "sealed by us; the row is looked up again"},
    "apps/registration/admin/objections.py": {"objection": "objections_for"},
    "apps/registration/admin/print_runs.py": {
        "person": "among the people of the class", "what": "among the people of the class",
    },
    "apps/registration/admin/registrations.py": {
        "after": "waiting_registrations", "registration": "registrations_known_to",
    },
    "apps/registration/admin/slips.py": {
        "numbers": "read_slips: registrations one knows", "ticks": "registrations_known_to",
    },
    "apps/signin/admin/accounts.py": {"address": "the new mail address of a found account"},
    "apps/signin/admin/first_pins.py": {
        "person": "among the first PINs of the class", "tick": "confirm_first_pins: by",
        "all": "shows all of the class",
    },
    "apps/staffing/admin/invitations.py": {
        "match": "match_post: schools_to_match", "name": "posts to renew: renewals_due_for",
    },
    "apps/staffing/views.py": {"post": "one's own posts; the first two of a city"},
}  # fmt: skip
# Names of buttons, versions, words and pages: they name no row.
NAMES_NO_ROW = {
    "verb", "seen", "facts", "word", "how", "answer", "note", "q", "do", "to", "side", "kind",
    "document_number", "page_token", "month", "next", "column-…", "name", "FIELD_NAME",
    "parameter_name", "PAGE_VAR", "SEARCH_VAR", "search_words", "SEARCH_FIELD", "f.name",
    "keep", "stop", "sure", "reason", "names", "identified",
}  # fmt: skip
STAFF_VIEWS = ("apps/staffing/views.py", "apps/roster/admin.py")
TYPED_ALONE = (
    forms.BooleanField, forms.DateField, forms.DateTimeField, forms.TimeField, forms.IntegerField,
    forms.FileField,
)  # fmt: skip


def form_fields():
    """{form: {field}} of every form of staff: rows to choose, ids and text."""
    found = {}
    admin.autodiscover()
    for module in pkgutil.walk_packages(apps.__path__, "apps."):
        if ".migrations" not in module.name and ".sandbox" not in module.name:
            importlib.import_module(module.name)
    for form in _below(forms.BaseForm):
        if form.__module__.startswith("apps.") and form.__name__ not in NOT_OF_STAFF:
            names = {name for name, each in form.base_fields.items() if _may_name(name, each)}
            if names:
                found.setdefault(form.__name__, set()).update(names)
    return found


def _below(form):
    for each in form.__subclasses__():
        yield each
        yield from _below(each)


def _may_name(name, each):
    is_row = isinstance(each, forms.ModelChoiceField)
    is_code = isinstance(each, forms.ChoiceField) and not is_row and list(each.choices)
    return name != "form_key" and not isinstance(each, TYPED_ALONE) and not is_code


def test_every_field_of_a_staff_form_says_what_binds_it():
    said = {name: set(fields) for name, fields in BOUND.items()}
    for name, words in WORDS.items():
        assert not said.get(name, set()) & set(words.split()), name
        said[name] = said.get(name, set()) | set(words.split())
    found = {name: names for name, names in form_fields().items() if name not in MADE_WHILE_SHOWN}
    assert found == said


# Made by a page out of the forms above, where another test has asked for it.
MADE_WHILE_SHOWN = {"ForThisPerson", "OwnSchools", "OfThisCity", "QuietHoursFormOf"}


def test_django_makes_the_form_of_these_rows_alone():
    plain = set()
    for model, page in admin.site._registry.items():
        if not getattr(page, "edit_verb", None):
            continue
        rows = [(model, page.form), *((each.model, each.form) for each in page.inlines)]
        plain |= {each.__name__ for each, form in rows if form is forms.ModelForm}
    assert plain == set(MADE_BY_DJANGO)


def names_read():
    """{file: {name}} that staff views read from a query or a form without a form class."""
    found = {}
    for path, tree in trees():
        where = str(path.relative_to(ROOT))
        if "/admin/" not in where and where not in STAFF_VIEWS and "admin_bases" not in where:
            continue
        for node in ast.walk(tree):
            name = _name_read(node)
            if name is not None:
                found.setdefault(where, set()).add(name)
    return found


def _name_read(node):
    """The name that ``request.POST.get("x")``, ``["x"]``, ``getlist("x")`` or ``"x" in`` reads."""
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.args:
        is_list = node.func.attr == "getlist"
        if (node.func.attr == "get" and _is_query(node.func.value)) or is_list:
            return _text(node.args[0])
    if isinstance(node, ast.Subscript) and _is_query(node.value):
        return _text(node.slice)
    if isinstance(node, ast.Compare) and isinstance(node.ops[0], ast.In | ast.NotIn):
        return _text(node.left) if _is_query(node.comparators[0]) else None
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
        whole = node.func.attr in ("items", "lists") and _is_query(node.func.value)
        return "every name" if whole else None
    return None


def _is_query(node):
    return isinstance(node, ast.Attribute) and node.attr in ("POST", "GET")


def _text(node):
    if isinstance(node, ast.Constant):
        return str(node.value)
    if isinstance(node, ast.JoinedStr):
        parts = (each.value if isinstance(each, ast.Constant) else "…" for each in node.values)
        return "".join(parts)
    text = ast.unparse(node)
    return text.rpartition(".")[2] if text.rpartition(".")[2] in NAMES_NO_ROW else text


def test_every_name_that_a_staff_view_reads_says_what_binds_it():
    read = names_read()
    said = {(where, name) for where, names in READ.items() for name in names}
    found = {(where, name) for where, names in read.items() for name in names}
    found = {each for each in found if each in said or each[1] not in NAMES_NO_ROW}
    assert found - said == EVERY_NAME
    assert said - found == TAKEN_APART


# Files that go through all that was sent, and why.
EVERY_NAME = {("apps/linkage/admin/file_mappings.py", "every name")}  # those of the form alone
TAKEN_APART = {("apps/cases/admin/assign_pages.py", "pick-…")}  # _versions, from all names
