"""What the first row of a table has in it, from which ``scale_rows`` makes the others.

Rows of a queue are those that wait no more.
"""

import uuid
from datetime import timedelta

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.utils import timezone

from apps.audit.event_codes import ACTION_NUMBERS
from apps.audit.models import FREQUENT_ACTIONS, Action
from apps.cases.services.shipped_rules import SHIPPED_RULES
from apps.core.user_agents import CODES
from apps.helpline.models import HelpRequest
from apps.people.act_kinds import ACT_KINDS
from apps.people.models import User
from apps.signin.models import LoginCard

# Columns of a table's first row for which no default will do.
FIRST_ROWS = {
    "audit.AuditEvent": {
        "actor_role": "nurse",
        "action": Action.NAMES_SHOWN,
        "purpose": "",
        "thing_id": "",
        "fields": [],
    },
    "checkins.CheckIn": {"purpose": "checkin_review"},
    "cases.Rule": {
        "code": "R1",
        "parameters": SHIPPED_RULES["R1"][1],
        "retired_at": timezone.now(),
    },
    "cases.BackTest": {
        "state": "done",
        "finished_at": timezone.now(),
        "days": 30,
        "parameters": {},
    },
    "cases.SupportCase": {"state": "closed", "closed_at": timezone.now()},
    "cases.CaseMeeting": {"kind": "staff", "held_on": timezone.now().date() - timedelta(days=30)},
    "consent.TelephoneAnswer": {"state": "dropped", "ended_at": timezone.now()},
    "consent.ExplanationRequest": {"talked_at": timezone.now(), "talked_by": User},
    "consent.ConsentReceipt": {"party": "student"},
    "consent.ConsentDecision": {"party": "student"},
    "disclosure.CorrectionRequest": {"state": "answered", "answered_at": timezone.now()},
    "helpdesk.SupportQuestion": {
        "state": "ended",
        "ended_at": timezone.now(),
        "reply_way": "none",
    },
    "helpline.EscalationStep": {
        "request": HelpRequest,
        "state": "done",
        "done_at": timezone.now(),
    },  # fmt: skip
    "helpline.FamilyRequest": {
        "state": "contacted",
        "seen_at": timezone.now(),
        "seen_by": User,
        "contacted_at": timezone.now() - timedelta(days=200),
    },
    "helpline.HelpRequest": {"state": "answered", "answered_at": timezone.now()},
    "mail.OutgoingMail": {"state": "failed", "content": "", "ended_at": timezone.now()},
    "file_jobs.FileJob": {"state": "gone"},
    "ledger.ChainHead": {"seq": 1, "signed_seq": 1, "link": b"x" * 32},
    "ledger.Checkpoint": {"copied_at": timezone.now()},
    "ledger.ChainedRange": {"form": 1},
    "linkage.DataSource": {"is_on": False},
    "linkage.LinkedRecord": {"kept_until": timezone.now().date() + timedelta(days=730)},
    "linkage.SyncRun": {
        "state": "done",
        "finished_at": timezone.now(),
        "n_read": 1,
        "n_kept": 1,
    },  # fmt: skip
    "people.KeptOutPerson": {
        "digest_key": "00" * 16,
        "ended_at": timezone.now(),
        "ended_by": User,
    },
    "people.EmergencyAccess": {
        "begun_at": timezone.now() - timedelta(hours=2),
        "reviewed_at": timezone.now(),
        "reviewed_by": User,
        "verdict": "justified",
    },  # fmt: skip
    "people.PendingAct": {
        "kind": "guardian.let_in",
        "thing_id": str(uuid.UUID(int=0)),
        "stopped_at": timezone.now(),
        "done_at": timezone.now(),
    },  # fmt: skip
    "push.Broadcast": {"audience": {}, "state": "finished"},
    "registration.GuardianObjection": {"looked_at": timezone.now(), "looked_by": User},
    "registration.GuardianRegistration": {"state": "confirmed", "ended_at": timezone.now()},
    "registration.LetterFile": {"state": "gone"},
    "registration.PrintedSheet": {"kind": "letters"},
    "registration.PrintedCode": {"card": LoginCard},
    "selfinfo.SelfInfoSession": {"state": "error", "papers": None},
    "vault.DestroyedKey": {"how": "decision", "listed_at": timezone.now()},
    "vault.ReplacedKey": {"has_share": True, "ring_key": "k1"},
    "vault.SubjectKey": {"has_share": True, "ring_key": "k1"},
    "signin.UserSession": {
        "device": CODES[0],
        "ends_at": timezone.now() + timedelta(days=730),
    },  # fmt: skip
    "staffing.StaffInvitation": {"is_first": True},
}
CODES_OF = {  # codes as often as in use
    ("audit.AuditEvent", "action"): [
        ACTION_NUMBERS[action]
        for action in (*FREQUENT_ACTIONS * 4, Action.CONSENT_DECIDED, Action.KEY_MADE)
    ],
    ("people.PendingAct", "kind"): sorted(ACT_KINDS),
}
FIRST_VALUES = [
    (models.UUIDField, uuid.UUID(int=0)),
    (models.DateTimeField, timezone.now() - timedelta(hours=1)),
    (models.DateField, timezone.now().date()),
    (models.TimeField, timezone.now().time()),
    (models.BooleanField, False),
    (models.IntegerField, 1),
    (models.BinaryField, b"x" * 32),
    (ArrayField, []),
    (models.JSONField, {}),
    (models.TextField, "x"),
    (models.CharField, "x"),
]
