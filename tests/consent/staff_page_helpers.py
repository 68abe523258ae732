"""A town whose documents and policies the city edits."""

import pytest
from django.urls import reverse

from apps.audit.models import AuditEvent
from apps.consent.models import (
    ConsentDecision,
    ConsentDocument,
    ConsentReceipt,
    DocumentDisplay,
    Purpose,
)
from apps.consent.services.documents import install_seed_documents
from apps.consent.services.purpose_status import record_shown_documents
from apps.people.models import Role
from tests import factories
from tests.browser import form_on

RECORDS = [ConsentDecision, ConsentReceipt, DocumentDisplay, AuditEvent]


@pytest.fixture
def town(cast):
    install_seed_documents(cast.city)
    factories.make_effective(cast.sakura, Purpose.ATTENDANCE)
    record_shown_documents(
        ConsentDocument.objects.filter(purpose="grades"), cast.sakura, cast.midori.user
    )
    cast.privacy = factories.staff_post(Role.PRIVACY, of=cast.city, name="個人情報の担当")
    cast.away_officer = factories.staff_post(Role.CITY, of=cast.away, name="となり市の担当")
    return cast


WHY = {"reason": "説明を新しくするため"}


def page(model, name="changelist", *args):
    return reverse(f"admin:{model._meta.app_label}_{model._meta.model_name}_{name}", args=args)


def document(purpose="attendance", version=1):
    return ConsentDocument.objects.get(purpose=purpose, version=version)


def n_rows(client, model):
    return client.get(page(model)).context["cl"].result_count


WORDS = {
    "question": "問い", "what": "何", "what_not": "", "source": "C4th", "recipients": "担任",
    "readers": ["homeroom"], "kept_days": 30, "kept": "30日", "aim": "目的", "student_question": "いいですか。",
    "student_words": "｜今日《きょう》の こと", "decider": "both", "alone_from_age": 16,
}  # fmt: skip


def second_reads(town, sign_in, draft):
    desk, url = sign_in(town.privacy.user), page(ConsentDocument, "read", draft.pk)
    return desk.post(url, form_on(desk.get(url), "seen"))
