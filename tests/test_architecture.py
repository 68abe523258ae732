"""Rules of the architecture, checked over every module."""

import ast
import re
import tomllib
from collections import defaultdict

import pytest
from django.apps import apps
from django.conf import settings
from django.urls import URLPattern, URLResolver, get_resolver

from tests.code_files import CODE, ROOT, TESTS, imports_of, module_of, trees

# Every URL that needs no sign-in, besides allauth's.
PUBLIC = {
    "signin:passkey",
    "signin:myna",
    "signin:myna_begin",
    "signin:myna_return",
    "consent:check_receipt",
    "consent:check_proof",
    "consent:keys",
    "consent:documents",
    "healthz",
    "helpdesk:ask",
    "helpdesk:asked",
    "helpdesk:confirm_mail",
    "helpdesk:entry",
    "helpdesk:guide",
    "helpdesk:page",
    "selfinfo:callback",
    "selfinfo:notify",
    "readyz",
    "portal:blank",
    "portal:home",
    "portal:neutral",
    "portal:manifest",
    "portal:sw",
    "portal:offline",
    "portal:not_sent",
    "portal:deliver",
    "portal:language",
    "signin:card",
    "signin:card_entry",
    "signin:leave",
    "signin:leave_proved",
    "signin:lti_begin",
    "signin:lti_keys",
    "signin:lti_launch",
    "signin:lti_links",
    "signin:pin",
    "signin:school_account",
    "signin:school_account_return",
    "signin:school_accounts",
    "helpline:by_card",
    "helpline:sent_by_card",
    "registration:letter",
    "registration:letter_entry",
    "registration:letter_welcome",
    "signin:session_left",
    "staffing:enter_number",
    "staffing:join",
    "cases:answer",
    "checkins:deliver",
    "push:ack",
    "push:leave",
    "push:renew",
    "notices:cards",
    "notices:places",
    "notices:place",
    "notices:poster",
    "notices:sheet",
    "admin:login",
}


ENTRY_POINTS = re.compile(r"(\w+_)?(admin|tasks|views)")
MODEL_NEVER_IMPORTS = {"services", "admin", "views", "tasks", "forms", "urls"}


def entry_point_of(name):
    """The path of the entry point that a dotted name leads into, or () for other modules."""
    for i, part in enumerate(name):
        if ENTRY_POINTS.fullmatch(part):
            return name[: i + 1]
    return ()


def is_entry_point_used(path, name):
    """Whether a file imports an entry point other than its own, but for views in urls and admin."""
    entry, module = entry_point_of(name), module_of(path)
    if not entry or module[: len(entry)] == entry:
        return False
    is_views = ENTRY_POINTS.fullmatch(entry[-1])[2] == "views"
    return not (is_views and {"urls", "admin"} & set(module))


def is_model_import_forbidden(path, name):
    """Whether a file of models imports something that must stay above models."""
    return {"models.py", "models"} & set(path.parts) and MODEL_NEVER_IMPORTS & set(name[2:])


def guilty_imports(is_forbidden):
    """["file:line name"] of the imports of our own code that break a rule."""
    return [
        f"{path.relative_to(ROOT)}:{line} {'.'.join(name)}"
        for path, tree in trees()
        for line, name in imports_of(path, tree)
        if is_forbidden(path, name)
    ]


def test_nothing_of_ours_is_imported_inside_a_function():
    # The worker must set up Django before it imports our code.
    allowed = {ROOT / "kaga_portal" / "celery.py"}
    hidden = [
        f"{path.relative_to(ROOT)}:{line} {'.'.join(name)}"
        for path, tree in trees()
        if path not in allowed
        for function in ast.walk(tree)
        if isinstance(function, ast.FunctionDef | ast.AsyncFunctionDef)
        for line, name in imports_of(path, function)
    ]
    assert hidden == []


def test_entry_points_are_imported_by_nobody():
    assert guilty_imports(is_entry_point_used) == []


def test_models_never_import_what_stands_above_them():
    assert guilty_imports(is_model_import_forbidden) == []


@pytest.mark.parametrize(
    ("file", "line"),
    [
        ("apps/people/services/x.py", "from apps.people.admin import roster"),
        ("apps/people/services/x.py", "from ..admin.roster import StudentAdmin"),
        ("apps/people/services/x.py", "from apps.people import tasks"),
        ("apps/people/services/x.py", "import apps.people.tasks"),
        ("apps/people/services/x.py", "from apps.notices.organisation_admin import X"),
        ("apps/people/forms.py", "from . import views"),
        ("kaga_portal/today.py", "from apps.people.admin.roster import StudentAdmin"),
    ],
)
def test_the_rule_sees_every_way_to_import_an_entry_point(file, line):
    [(_, name)] = imports_of(ROOT / file, ast.parse(line))
    assert is_entry_point_used(ROOT / file, name)


@pytest.mark.parametrize(
    ("file", "line"),
    [
        ("apps/people/models/students.py", "from apps.people.services import emergencies"),
        ("apps/people/models/students.py", "from ..services.emergencies import begin_emergency"),
        ("apps/people/models/__init__.py", "from apps.audit import services"),
        ("apps/checkins/models.py", "from .forms import SubmittedForm"),
    ],
)
def test_the_rule_sees_every_way_a_model_could_import_a_service(file, line):
    [(_, name)] = imports_of(ROOT / file, ast.parse(line))
    assert is_model_import_forbidden(ROOT / file, name)


def test_a_package_may_import_its_own_modules():
    file = ROOT / "apps" / "people" / "admin" / "__init__.py"
    [(_, name)] = imports_of(file, ast.parse("from apps.people.admin import roster"))
    assert not is_entry_point_used(file, name)


def test_services_re_export_nothing():
    guilty = [
        str(path.relative_to(ROOT))
        for path, tree in trees()
        if path.match("services/__init__.py") and next(imports_of(path, tree), None)
    ]
    assert guilty == []


def test_an_admin_layout_is_admin_or_a_folder_admin():
    named = [str(path.relative_to(ROOT)) for path in CODE if path.stem.endswith("_admin")]
    both = [app for app in (ROOT / "apps").iterdir() if {"admin", "admin.py"} <= names_in(app)]
    assert named + both == []


def names_in(folder):
    return {path.name for path in folder.iterdir()} if folder.is_dir() else set()


def test_nothing_at_an_apps_root_writes_to_the_database():
    """But for core, whose helpers have no services to stand in."""
    writes = re.compile(
        r"\.(bulk_create|bulk_update|get_or_create|update_or_create)\(|objects\.create\(|"
        r"\.save\((update_fields|force_insert)"
    )
    guilty = [
        str(path.relative_to(ROOT))
        for path in CODE
        if path.parent.parent == ROOT / "apps" and path.parent.name not in {"core", "sandbox"}
        if path.name not in {"models.py", "admin.py"}
        if writes.search(path.read_text(encoding="utf-8"))
    ]
    assert guilty == []


@pytest.mark.parametrize(
    ("fact", "places"),
    [
        (r"Asia/Tokyo|timedelta\(hours=9\)", {"apps/core/time_zone.py"}),
        (  # school days, and opening hours of organisations
            r"import jpholiday",
            {"apps/people/school_day_rules.py", "apps/notices/services/organisations.py"},
        ),
    ],
)
def test_a_fact_is_written_in_one_place(fact, places):
    found = {p for p in CODE if re.search(fact, p.read_text(encoding="utf-8"))}
    assert {str(path.relative_to(ROOT)) for path in found} == places


NAMED_BY_DJANGO = {"Command", "DatabaseWrapper"}  # it looks for classes of these names


def test_no_class_name_is_used_twice():
    places = defaultdict(list)
    for path in (*CODE, *TESTS):
        for node in ast.parse(path.read_text(encoding="utf-8")).body:
            if isinstance(node, ast.ClassDef) and node.name not in NAMED_BY_DJANGO:
                places[node.name].append(str(path.relative_to(ROOT)))
    assert {name: files for name, files in places.items() if len(files) > 1} == {}


def test_every_app_has_its_layer():
    settings_file = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    [contract] = settings_file["tool"]["importlinter"]["contracts"]
    layered = {app for layer in contract["layers"] for app in layer.split(" | ")}
    ours = {config.name for config in apps.get_app_configs() if config.name.startswith("apps.")}
    assert layered == (ours | {"kaga_portal"}) - {"apps.sandbox"}


def test_the_sandbox_imports_only_core():
    beyond = [
        (path.name, name)
        for path, tree in trees()
        for _, name in imports_of(path, tree)
        if path.is_relative_to(ROOT / "apps" / "sandbox") and name[1] not in {"core", "sandbox"}
    ]
    assert beyond == []


def test_no_package_offers_a_name_that_is_one_of_its_modules():
    """Whoever imports it would get one or the other, by the order in which others were loaded."""
    guilty = [
        f"{path.relative_to(ROOT)}: {name.asname or name.name}"
        for path, tree in trees()
        if path.name == "__init__.py"
        for node in ast.walk(tree)
        if isinstance(node, ast.ImportFrom)
        for name in node.names
        if {path.with_name(f"{name.asname or name.name}{end}") for end in ("", ".py")}
        & set(path.parent.iterdir())
        and node.module != ".".join(path.relative_to(ROOT).parent.parts)
    ]
    assert guilty == []


def test_no_business_is_done_in_django_signals():
    words = re.compile(
        r"models\.signals|models import signals|@receiver|_(save|delete|changed)\.connect"
    )
    guilty = [str(p.relative_to(ROOT)) for p in CODE if words.search(p.read_text(encoding="utf-8"))]
    assert guilty == []


def test_every_app_says_what_it_is_in_one_sentence():
    for config in apps.get_app_configs():
        if config.name.startswith("apps."):
            doc = (config.module.__doc__ or "").strip()
            assert doc.endswith("."), config.name
            assert "\n" not in doc, config.name


def test_no_file_is_longer_than_350_lines():
    long = {
        str(path.relative_to(ROOT)): lines
        for path in (*CODE, *TESTS)
        if (lines := len(path.read_text(encoding="utf-8").splitlines())) > 350
    }
    assert long == {}


# -- URLs -----------------------------------------------------------------------------------------


def views(resolver=None, namespace=""):
    for entry in (resolver or get_resolver()).url_patterns:
        if isinstance(entry, URLResolver):
            inner = f"{namespace}{entry.namespace}:" if entry.namespace else namespace
            yield from views(entry, inner)
        elif isinstance(entry, URLPattern):
            yield f"{namespace}{entry.name}", entry.callback


def test_the_public_addresses_are_exactly_this_list():
    found = {
        name
        for name, view in views()
        if not getattr(view, "login_required", True) and not name.startswith(("account_", "mfa_"))
    }
    assert found == PUBLIC


def test_what_knows_no_session_is_open_to_everybody(client, db):
    """A late answer to the cookie of before must not delete the one a student just received."""
    for path in settings.SESSIONLESS_PATHS:
        assert not getattr(get_resolver().resolve(path).func, "login_required", True), path
        client.cookies["sessionid"] = "of-before" * 4
        answer = client.get(path)
        assert "sessionid" not in answer.cookies, path
        assert "default-src 'none'" in answer["Content-Security-Policy"], path


def test_every_number_of_a_decision_is_given_once_and_none_is_left_out():
    numbers = [int(page.name[:4]) for page in sorted((ROOT / "docs" / "adr").glob("[0-9]*.md"))]
    assert numbers == list(range(1, len(numbers) + 1)), "take the next free number in docs/adr"
