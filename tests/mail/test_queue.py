"""A mail is stored encrypted, sent by a worker, retried, and reported where it failed."""

import base64
import email
import smtplib
from datetime import timedelta

import pytest
import time_machine
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext

from apps.audit.models import Action, AuditEvent
from apps.core import clock as core_clock
from apps.mail import retry_rules
from apps.mail.models import MailFault, MailServer, OutgoingMail, OutgoingMailState
from apps.mail.services import delivery, failures
from apps.mail.services import server as mail_server
from kaga_portal.readiness import READINESS_CHECKS, failing_parts
from tests.mail.conftest import send


@pytest.fixture
def clock():
    with time_machine.travel("2026-11-24T10:00+09:00", tick=False) as traveller:
        yield traveller


def body_of(letter):
    return email.message_from_string(letter).get_payload(decode=True).decode()


def row_as_it_stands():
    with connection.cursor() as cursor:
        cursor.execute("SELECT t::text FROM mail_outgoingmail t")
        return "".join(text for (text,) in cursor.fetchall())


def test_a_mail_waits_sealed_and_its_row_is_gone_once_it_was_sent(server):
    send()
    raw = row_as_it_stands()
    for secret in ("48213", "midori", "コード", base64.b64encode(b"midori").decode()[:6]):
        assert secret not in raw
    assert server.letters == []
    assert delivery.send_due() == 1
    (letter,) = server.letters
    assert "48213" in body_of(letter)
    assert not OutgoingMail.objects.exists()


def test_no_request_for_a_mail_contacts_the_server(server):
    server.hangs = True
    send()
    assert server.n_callers == 0


def test_a_mail_of_a_transaction_that_failed_is_never_sent(server):
    with pytest.raises(ZeroDivisionError), transaction.atomic():
        send()
        raise ZeroDivisionError
    assert delivery.send_due() == 0


def test_many_go_over_one_connection_the_shortest_lived_first(server):
    send("notice@example.com")
    send("code@example.com", lasts_s=300)
    assert delivery.send_due() == 2
    assert server.n_callers == 1
    assert [email.message_from_string(each)["To"] for each in server.letters] == [
        "code@example.com",
        "notice@example.com",
    ]


def test_a_server_that_hangs_is_left_alone_and_gets_it_later(server, clock):
    server.hangs = True
    row = send()
    assert delivery.send_due() == 0
    assert delivery.send_due() == 0  # the server is left alone now
    assert server.n_callers == 1
    assert "mail" in failing_parts(READINESS_CHECKS)[1]
    server.hangs = False
    clock.shift(timedelta(seconds=6))
    assert delivery.send_due() == 1
    assert str(row.pk) in email.message_from_string(server.letters[0])["Message-ID"]
    assert "mail" not in failing_parts(READINESS_CHECKS)[1]


def test_a_server_that_is_not_there_costs_one_look_a_pause(queued, settings, clock):
    settings.MAIL_TRANSPORT = "apps.core.email_addresses.QuotingEmailBackend"
    settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", 1
    for _ in range(3):
        send()
    delivery.send_due()
    assert sorted(OutgoingMail.objects.values_list("attempts", flat=True)) == [0, 0, 1]
    clock.shift(timedelta(seconds=6))
    delivery.send_due()
    assert MailServer.objects.get().n_failures == 2


def test_a_code_is_not_sent_after_its_life_and_that_is_told(server, clock, cast):
    server.hangs = True
    send(cast.midori.user.email, lasts_s=300)
    delivery.send_due()
    server.hangs = False
    clock.shift(timedelta(seconds=301))
    assert delivery.send_due() == 0
    assert server.letters == []
    row = OutgoingMail.objects.get()
    assert (row.state, row.fault, row.content) == (OutgoingMailState.FAILED, MailFault.TOO_LATE, "")
    assert (row.user, row.municipality) == (cast.midori.user, cast.city)
    assert AuditEvent.objects.get(action=Action.MAIL_FAILED).detail == "too_late"
    assert "mail" in failing_parts(READINESS_CHECKS)[1]


def test_a_recipient_the_server_never_takes_is_given_up_at_once(server, cast):
    server.says_of_recipients = "550 no such person"
    send(cast.midori.user.email)
    send("nobody@example.com")
    assert delivery.send_due() == 0
    assert set(OutgoingMail.objects.values_list("fault", flat=True)) == {MailFault.REFUSED}
    assert list(failures.failed_for(cast.helpdesk.user)) == [
        OutgoingMail.objects.get(user=cast.midori.user)
    ]
    assert not failures.failed_for(cast.nurse.user).exists()
    assert (
        "mail" not in failing_parts(READINESS_CHECKS)[1]
    )  # a mistyped address is nothing for whoever watches


def test_a_recipient_the_server_takes_later_is_tried_later_and_stops_no_other(server, clock):
    server.says_of_recipients = "451 come back"
    send()
    send()
    delivery.send_due()
    assert list(OutgoingMail.objects.values_list("attempts", flat=True)) == [1, 1]
    server.says_of_recipients = "250 ok"
    clock.shift(timedelta(seconds=6))
    assert delivery.send_due() == 2


def test_a_worker_killed_while_sending_leaves_it_to_another_after_the_lease(server, clock):
    send()
    with mail_server.sender_lease() as is_ours:
        assert is_ours
        assert delivery._claim()
        assert delivery.send_due() == 0  # another worker sends just now
    assert delivery.send_due() == 0  # and this mail is on its way
    clock.shift(timedelta(minutes=2, seconds=1))
    assert delivery.send_due() == 1


def test_a_lease_of_a_dead_worker_ends(server, clock):
    send()
    MailServer.objects.create(pk=1, leased_until=core_clock.now() + mail_server.LEASE)
    assert delivery.send_due() == 0
    clock.shift(timedelta(seconds=61))
    assert delivery.send_due() == 1


def test_a_mail_whose_key_is_gone_is_given_up_and_stops_no_other(server):
    row = send()
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE mail_outgoingmail SET content = 'sealed:none:AAAA' WHERE id = %s", [row.pk]
        )
    send("other@example.com")
    assert delivery.send_due() == 1
    assert OutgoingMail.objects.get().fault == MailFault.UNREADABLE


def test_a_mail_with_a_file_is_refused_at_once(queued):
    from django.core.mail import EmailMessage  # noqa: PLC0415

    message = EmailMessage("a", "b", to=["midori@example.com"])
    message.attach("a.txt", "words")
    with pytest.raises(ValueError, match="attachments"):
        message.send()


def test_what_was_given_up_is_forgotten_after_a_month(server, clock):
    server.says_of_recipients = "550 no"
    send()
    delivery.send_due()
    clock.shift(timedelta(days=29))
    assert failures.delete_old_failures() == 0
    clock.shift(timedelta(days=4))
    assert failures.delete_old_failures() == 1


def test_the_logs_name_no_recipient_and_no_word(server, caplog):
    caplog.set_level("DEBUG")
    server.says_of_recipients = "550 midori@example.com is unknown"
    send()
    delivery.send_due()
    assert "not sent" in caplog.text
    for secret in ("midori", "48213", "コード"):
        assert secret not in caplog.text


def test_staff_see_what_did_not_arrive_without_address_or_content(server, cast, sign_in):
    server.says_of_recipients = "550 no"
    send(cast.midori.user.email)
    delivery.send_due()
    desk = sign_in(cast.helpdesk.user)
    assert "届かなかったメール" in desk.get("/admin/").content.decode()
    page = desk.get("/admin/mail/outgoingmail/").content.decode()
    assert "パスワードを決めなおすコード" in page
    assert cast.midori.user.email not in page
    assert sign_in(cast.nurse.user).get("/admin/mail/outgoingmail/").status_code == 403


@pytest.mark.parametrize(
    ("error", "is_final", "is_of_this_mail"),
    [
        (smtplib.SMTPRecipientsRefused({"a": (550, b"no")}), True, True),
        (smtplib.SMTPRecipientsRefused({"a": (550, b"no"), "b": (451, b"later")}), False, True),
        (smtplib.SMTPDataError(554, b"no"), True, True),
        (smtplib.SMTPDataError(452, b"full"), False, True),
        (smtplib.SMTPAuthenticationError(535, b"who"), False, False),
        (smtplib.SMTPConnectError(554, b"not you"), False, False),
        (smtplib.SMTPServerDisconnected("gone"), False, False),
        (TimeoutError(), False, False),
    ],
)
def test_which_answers_are_final(error, is_final, is_of_this_mail):
    assert retry_rules.is_final(error) == is_final
    assert retry_rules.is_about_mail(error) == is_of_this_mail


def test_waits_grow_and_end():
    waits = [retry_rules.retry_delay(n).total_seconds() for n in range(1, 12)]
    assert waits == sorted(waits)
    assert (waits[0], waits[-1]) == (5, 1800)
    assert retry_rules.server_pause(50) == timedelta(seconds=60)


def test_more_expired_mails_cost_no_more_statements(server, cast, clock):
    counts = []
    for n in (2, 4):
        for _ in range(n):
            send()
        clock.shift(timedelta(days=4))
        with CaptureQueriesContext(connection) as queries:
            assert failures.give_up_expired() == n
        counts.append(len(queries))
    assert counts[0] == counts[1]
    assert AuditEvent.objects.filter(action=Action.MAIL_FAILED).count() == 6
