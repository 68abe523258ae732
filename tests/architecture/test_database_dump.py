"""Confidential text is in no dump of the database or cache, and in no mail or log."""

import logging
import uuid

import pytest
from allauth.mfa.recovery_codes.internal.auth import RecoveryCodes
from allauth.mfa.totp.internal.auth import TOTP
from django.core import mail
from django.core.cache import cache
from django.urls import reverse

from apps.consent.models import Purpose
from apps.core import crypto
from apps.helpline.models import WantedRole
from apps.helpline.services import help_requests
from apps.people.models import EmergencyAccess, EmergencyVerdict
from apps.people.services.emergencies import begin_emergency, review_emergency
from apps.vault import sealed_text
from tests import factories
from tests.vault.restore_helpers import back_up
from tests.vault.sealing_helpers import write


def canary(name):
    return f"kanari-{name}-{uuid.uuid4().hex}"


def in_the_cache():
    """Every key and value of the server that the cache uses."""
    client = cache._cache.get_client()
    found = b""
    for key in client.scan_iter(count=1000):
        found += key + b"\n"
        if client.type(key) == b"string":
            found += client.get(key) + b"\n"
    return found.decode("utf-8", "replace")


@pytest.mark.django_db(transaction=True)
def test_nothing_typed_in_confidence_is_in_a_dump(cast, sign_in, caplog):
    caplog.set_level(logging.DEBUG)
    planted = {name: canary(name) for name in ("totp", "why", "note", "session", "words", "row")}
    TOTP.activate(cast.midori.user, planted["totp"])
    seed = RecoveryCodes.activate(cast.midori.user)
    planted["seed"] = sealed_text.unseal(seed.instance.data["seed"], "mfa")
    planted |= {f"code {n}": code for n, code in enumerate(seed.get_unused_codes()[:3])}
    student = factories.student(cast.class_2, "べつ", number=2, local_code="2002")
    access = begin_emergency(cast.homeroom.user, student, why=planted["why"])
    review_emergency(
        access, by=cast.principal.user, verdict=EmergencyVerdict.JUSTIFIED, note=planted["note"]
    )
    factories.duty_roster(cast)
    help_requests.send_help_request(
        student=cast.sakura, wanted=WantedRole.ANYONE, form_key=uuid.uuid4(), words=planted["words"]
    )
    factories.make_effective(cast.sakura, Purpose.ATTENDANCE)
    write(cast.sakura, Purpose.ATTENDANCE, {"code": planted["row"]})
    client = sign_in(cast.midori.user)
    session = client.session
    session["half typed"] = planted["session"]
    session.save()
    client.get(reverse("portal:home"))
    dump = {
        "database": back_up(),
        "cache": in_the_cache(),
        "mails": "".join(str(each.message()) for each in mail.outbox),
        "logs": caplog.text,
    }
    found = [(name, where) for name, value in planted.items() if value
             for where, text in dump.items() if value in text]  # fmt: skip
    assert found == []
    assert client.session["half typed"] == planted["session"]


@pytest.mark.django_db
def test_the_second_factor_still_works_and_one_from_before_sealing_too(cast):
    found = TOTP.activate(cast.midori.user, "JBSWY3DPEHPK3PXP").instance
    assert found.data["secret"].startswith(sealed_text.SEALED_PREFIX)
    assert "JBSWY3DPEHPK3PXP" not in found.data["secret"]
    assert sealed_text.unseal(found.data["secret"], "mfa") == "JBSWY3DPEHPK3PXP"
    assert sealed_text.unseal("JBSWY3DPEHPK3PXP", "mfa") == "JBSWY3DPEHPK3PXP"


@pytest.mark.django_db
def test_an_emergency_reads_as_it_was_written(cast):
    access = begin_emergency(cast.homeroom.user, cast.ren, why="けがをして病院にいます")
    assert EmergencyAccess.objects.get(pk=access.pk).why == "けがをして病院にいます"


def test_a_sealed_text_opens_in_its_own_place_alone():
    value = sealed_text.seal("ことば", "a.b")
    assert sealed_text.unseal(value, "a.b") == "ことば"
    with pytest.raises(crypto.CannotUnseal):
        sealed_text.unseal(value, "a.c")


def test_a_session_from_before_sealing_is_an_empty_one():
    with pytest.raises(ValueError, match="not sealed"):
        sealed_text.SessionSerializer().loads(b'{"a":1}')
