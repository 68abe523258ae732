"""Staff open nothing sealed about a child of their own, kept out or not, under any account."""

import uuid

import pytest
from django.core.exceptions import PermissionDenied
from django.urls import reverse

from apps.consent.models import Purpose
from apps.disclosure.models import CorrectionState
from apps.disclosure.services import corrections
from apps.people.models import Guardian, Guardianship, User
from apps.people.permissions import may_open
from apps.people.services.person_accounts import OWN_FAMILY_REFUSED
from apps.vault.services.sealed_content import OpeningReason, open_sealed
from tests import factories
from tests.vault.sealing_helpers import write


@pytest.fixture(params=["decides", "kept_out", "ended"])
def as_parent(request, cast):
    """Whoever holds the post is みどり by the 共通ID: kept out from さくら, deciding, or no more."""
    guardianships = Guardianship.objects.filter(guardian=cast.midori)

    def make(post):
        post.master_id = uuid.uuid4()
        post.save(update_fields=["master_id"])
        Guardian.objects.filter(pk=cast.midori.pk).update(master_id=post.master_id)
        if request.param == "ended":
            guardianships.update(ended_at="2026-01-01T00:00:00+09:00")
        else:
            guardianships.update(standing=request.param)
        return User.objects.get(pk=post.user_id)

    return make


@pytest.mark.parametrize("purpose", ["checkin_review", "casework", "attendance"])
def test_a_nurse_may_open_nothing_of_her_own_child(cast, as_parent, purpose):
    assert may_open(User.objects.get(pk=cast.nurse.user_id), cast.sakura, purpose)
    nurse = as_parent(cast.nurse)
    assert not may_open(nurse, cast.sakura, purpose)
    assert may_open(nurse, cast.ren, purpose)


def test_sealed_content_is_not_given_to_the_childs_own_parent(cast, as_parent):
    factories.make_effective(cast.sakura, Purpose.ATTENDANCE)
    row = write(cast.sakura, Purpose.ATTENDANCE, {"code": "LATE"})
    with pytest.raises(PermissionDenied):
        open_sealed([row], actor=as_parent(cast.nurse), reason=OpeningReason.SAFETY)


def test_the_childs_words_are_neither_read_nor_answered_by_the_parent_as_lead(
    cast, as_parent, sign_in
):
    row = corrections.request_correction(
        cast.sakura, actor=cast.sakura.user, about="roster", words="ひみつの ことば",
        form_key=uuid.uuid4(),
    )  # fmt: skip
    parent = as_parent(cast.principal)
    page = reverse("admin:disclosure_correctionrequest_open", args=[row.pk])
    desk = sign_in(parent)
    assert desk.get(page).status_code == 404
    assert desk.post(page, {"open": "1"}).status_code == 404
    assert desk.post(page, {"answer": "直しました"}).status_code == 404
    with pytest.raises(corrections.CannotCorrect, match=OWN_FAMILY_REFUSED):
        corrections.answer_correction(row, actor=parent, words="直しました")
    with pytest.raises(PermissionDenied):
        corrections.open_correction(row, actor=parent)
    row.refresh_from_db()
    assert row.state == CorrectionState.ASKED
    assert corrections.corrections_visible_to(cast.homeroom.user).get() == row
