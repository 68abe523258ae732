"""How each text, JSON and binary column is stored: one literal table.

A new column fails ``tests/architecture/test_column_classes.py`` until it is listed here. What a
person writes about a child is encrypted; readable columns say why they may be. Columns with
choices, numbers, dates and references are not listed. ``docs/security/keys-and-data.md`` shows the
table (``make docs``).
"""

from dataclasses import dataclass
from enum import StrEnum


class ColumnKind(StrEnum):
    """How a column's content appears in a dump of the database."""

    PUBLIC = "public"
    CODE = "code"
    ROSTER = "roster"
    CONTACT = "contact"
    STAFF = "staff"
    SIGNED = "signed"
    ROW = "sealed row"
    RING = "sealed ring"
    KEYED = "keyed"
    HASHED = "hashed"


@dataclass(frozen=True)
class KindDescription:
    """What a kind of column holds, how it is stored, and why that is acceptable."""

    holds: str
    lies: str
    why: str


KINDS = {
    ColumnKind.PUBLIC: KindDescription("what everybody may read", "readable", "it is published"),
    ColumnKind.CODE: KindDescription(
        "codes, ids, counts, file digests, settings of machines", "readable",
        "no words of a person; chosen from lists or made by a program",
    ),
    ColumnKind.ROSTER: KindDescription(
        "who is who in the schools: names, classes, local codes", "readable",
        "rosters are searched, sorted and joined all day; the disk and the backups are encrypted",
    ),
    ColumnKind.CONTACT: KindDescription(
        "addresses people sign in with, devices, what a push service needs", "readable",
        "looked up at each sign-in and each push; useless without password or VAPID key",
    ),
    ColumnKind.STAFF: KindDescription(
        "words of staff about offices, sources, files and forms: no child", "readable",
        "searched and listed by staff",
    ),
    ColumnKind.SIGNED: KindDescription(
        "the chain of decisions: ids, codes, digests, signatures", "readable, signed and chained",
        "anybody must be able to prove it; it names nobody",
    ),
    ColumnKind.ROW: KindDescription(
        "what is known, asked, answered or judged about a student",
        "AES-256-GCM under the key of (student, purpose)",
        "ends with the consent: the key is destroyed",
    ),
    ColumnKind.RING: KindDescription(
        "secrets, reasons, mails, sessions, codes on paper, names as they were",
        "AES-256-GCM under VAULT_KEYS",
        "no consent stands behind it, and nobody looks for it",
    ),
    ColumnKind.KEYED: KindDescription(
        "what must be found or compared and not read", "HMAC-SHA256 or keyed BLAKE2b",
        "few values: a plain digest could be guessed",
    ),
    ColumnKind.HASHED: KindDescription(
        "passwords, PINs; random secrets of 128 bits and more",
        "Argon2id (a PIN by its HMAC-SHA256 first); SHA-256 of random secrets",
        "only ever compared",
    ),
}  # fmt: skip

P, C, R, A, S, L, W, V, K, H = ColumnKind
COLUMNS: dict[str, dict[ColumnKind, str]] = {
    "account.EmailAddress": {A: "email"},
    "account.EmailConfirmation": {H: "key"},  # allauth's, unused: addresses are verified by codes
    "admin.LogEntry": {C: "object_id change_message", R: "object_repr"},
    "audit.AuditEvent": {C: "thing thing_id detail fields"},
    "audit.SecurityEvent": {C: "detail network"},
    "auth.Group": {C: "name"},
    "auth.Permission": {C: "name codename"},
    "cases.BackTest": {C: "parameters done counts"},
    "cases.CaseBeginning": {C: "purpose written_role", W: "sealed"},
    "cases.CaseDecision": {C: "purpose written_role", W: "sealed"},
    "cases.CaseRetention": {},
    "cases.CentreReport": {C: "purpose written_role", W: "sealed"},
    "cases.Conversation": {C: "purpose written_role kept_from", W: "sealed"},
    "cases.HandOver": {C: "purpose written_role", W: "sealed"},
    "cases.CaseStateChange": {C: "purpose written_role", W: "sealed"},
    "cases.KeptEvidence": {C: "purpose kept_role", W: "sealed"},
    "cases.CaseMeeting": {C: "called_role"},
    "cases.MeetingItem": {C: "purpose written_role", W: "sealed"},
    "cases.MeetingMinutes": {C: "purpose written_role", W: "sealed"},
    "cases.ProtectiveNote": {C: "purpose written_role", W: "sealed"},
    "cases.ProtectiveReader": {C: "role"},
    "cases.Observation": {C: "purpose written_role", W: "sealed"},
    "cases.Outcome": {C: "purpose written_role", W: "sealed"},
    "cases.PlanStep": {C: "purpose written_role", W: "sealed"},
    "cases.StepResult": {C: "purpose written_role", W: "sealed"},
    "cases.Referral": {C: "purpose written_role", W: "sealed"},
    "cases.Rule": {C: "code purpose also parameters", S: "title"},
    "cases.RuleCheck": {C: "purpose rules"},
    "cases.Scheme": {P: "name what for_whom where_to_apply", C: "hints"},
    "cases.SchemeStep": {C: "purpose written_role", W: "sealed"},
    "cases.Sign": {C: "purpose", W: "sealed", K: "fingerprint"},
    "cases.StudentEvent": {C: "purpose", W: "sealed"},
    "cases.SupportCase": {C: "holder_role"},
    "cases.SupportPlan": {C: "purpose written_role", W: "sealed"},
    "checkins.CheckIn": {W: "sealed", K: "body_digest"},
    "checkins.StaffWord": {C: "purpose", W: "sealed"},
    "checkins.WithheldWords": {C: "purpose seen_roles", W: "sealed", K: "body_digest"},
    "checkins.QuestionChoice": {P: "label picture"},
    "checkins.DeliveryKey": {C: "ring_key", P: "public", V: "wrapped"},
    "checkins.Question": {P: "code text hint"},
    "checkins.QuestionSet": {P: "code title lead permission", C: "checked_digest"},
    "consent.ConsentDecision": {L: "link_key link"},
    "consent.ConsentDocument": {
        P: "question what what_not source recipients kept aim student_question student_words",
        C: "readers digest",
    },
    "consent.ConsentMessage": {C: "purposes", V: "sealed_name"},
    "consent.ConsentReceipt": {L: "proof name_digest", V: "sealed_name"},
    "disclosure.CorrectionAnswer": {C: "purpose", W: "sealed"},
    "disclosure.CorrectionRequest": {C: "purpose", W: "sealed"},
    "consent.DeletionCertificate": {V: "sealed_name"},
    "consent.ExplanationRequest": {C: "purposes"},
    "disclosure.HiddenAccessEntry": {V: "note"},
    "ledger.Checkpoint": {L: "statement"},
    "ledger.ChainHead": {L: "link"},
    "ledger.ChainedRange": {L: "root link_key link"},
    "ledger.ChainLimit": {C: "writers"},
    "consent.PaperForm": {C: "number documents answers"},
    "consent.Programme": {P: "title contact address email phone"},
    "consent.PurposePolicy": {C: "readers"},
    "consent.TelephoneAnswer": {C: "documents answers"},
    "contenttypes.ContentType": {C: "app_label model"},
    "core.Heartbeat": {C: "name"},
    "core.UsedFormKey": {C: "key thing_id", K: "body"},
    "file_jobs.FileJob": {S: "file_name", V: "options result"},
    "file_jobs.FileJobPart": {V: "body"},
    "helpdesk.AnswerTemplate": {S: "title body"},
    "helpdesk.SupportQuestion": {V: "text mail"},
    "helpdesk.SupportReply": {V: "text"},
    "helpdesk.HelpEntry": {P: "title body"},
    "helpdesk.ServiceNote": {P: "words"},
    "helpdesk.SupportIssue": {S: "title words answer"},
    "helpdesk.SupportVisit": {S: "done"},
    "helpdesk.HelpContact": {P: "phone email hours"},
    "helpline.Call": {C: "role"},
    "helpline.DutyApproval": {S: "name wording"},
    "helpline.DutyPerson": {P: "shown_name"},
    "helpline.FamilyRequest": {C: "purpose", W: "sealed"},
    "helpline.HelpMessage": {C: "purpose", W: "sealed"},
    "helpline.HelpNote": {C: "purpose noted_role", W: "sealed"},
    "helpline.HelpReader": {C: "role"},
    "helpline.HelpReply": {C: "purpose replied_role", W: "sealed"},
    "helpline.HelpRequest": {C: "purpose seen_role", W: "sealed"},
    "linkage.AgreedStudents": {C: "digests"},
    "linkage.DataSource": {
        S: "title place user_name secret_name token_url", V: "sealed_secret",
        C: "secret_ring_key cursor",
    },
    "linkage.FileMapping": {S: "headers codes"},
    "linkage.Freshness": {C: "kind"},
    "linkage.LinkedRecord": {C: "purpose kind", W: "sealed", K: "version_digest"},
    "selfinfo.SelfInfoCode": {C: "name_code item_code"},
    "selfinfo.SelfInfoSession": {
        C: "purposes why outcomes steps process_id papers_ring_key", V: "papers",
        H: "state_digest browser_digest notify_digest",
    },
    "linkage.SlowFile": {S: "name", C: "sha256"},
    "linkage.SourceFile": {C: "kind sha256", S: "name"},
    "linkage.SyncIssue": {S: "file column", C: "reason"},
    "linkage.SyncRun": {V: "upload_preview", C: "loss_sha256 message", S: "upload stopped_file"},
    "mail.OutgoingMail": {C: "kind", V: "content"},
    "mfa.Authenticator": {V: "data"},
    "notices.HoursException": {P: "note"},
    "notices.Notice": {P: "title body grades change_note withdrawn_words"},
    "notices.SelfHelpApproval": {C: "digest"},
    "notices.SupportOrganisation": {
        P: "name summary needs helps_with for_whom phone chat_url line_url web_url place address "
        "hours_note cost languages first_talk source_url",
        S: "verified_by", C: "changed_by",
    },
    "notices.Verification": {P: "source_url"},
    "people.EmergencyAccess": {V: "why note"},
    "people.FormerIdentifier": {R: "name"},
    "people.Guardian": {
        C: "source_id", R: "family_name given_name family_kana given_kana",
    },
    "people.KeptOutPerson": {
        K: "name_digests contact_digests", V: "digest_key document_number",
    },
    "people.Municipality": {P: "code name"},
    "people.PendingAct": {C: "kind thing_id preview", S: "title", V: "payload reason"},
    "people.ReadingRight": {C: "purpose roles"},
    "people.School": {C: "source_id", P: "code name"},
    "people.SchoolBreak": {P: "title"},
    "people.SchoolClass": {C: "source_id grade", R: "title"},
    "people.StaffPost": {C: "source_id grade", R: "name"},
    "people.StandingChange": {V: "document_number"},
    "people.Student": {
        C: "source_id grade", R: "local_code family_name given_name family_kana given_kana",
    },
    "people.User": {H: "password", C: "username", A: "email"},
    "push.Broadcast": {C: "topic path audience user_ids"},
    "push.PushDelivery": {C: "error_code"},
    "push.PushOrigin": {C: "origin"},
    "push.PushSubscription": {
        A: "endpoint p256dh auth device", C: "vapid_key endpoint_sha256",
    },
    "sessions.Session": {C: "session_key", V: "session_data"},
    "registration.RegistrationEvidence": {V: "document_number"},
    "registration.GuardianRegistration": {V: "safe_contact said_names", C: "staff_on_device"},
    "registration.GuardianList": {S: "file_name", C: "ring_key columns_by", V: "sealed"},
    "registration.InvitationLetter": {K: "code_digest", V: "sealed_code", C: "code_ring_key slip_number"},
    "registration.LetterFile": {V: "sealed", C: "ring_key"},
    "registration.ListedGuardian": {R: "name name_key reading", C: "written_by"},
    "signin.LoginCard": {
        K: "code_digest", H: "pin_digest", V: "sealed_code",
        C: "code_ring_key pin_ring_key wrong_at wrong_without_card_at",
    },
    "signin.LtiKey": {P: "public_jwk", C: "key_id key_ring_key", V: "sealed_key"},
    "signin.LtiPlatform": {
        S: "name", C: "issuer client_id auth_url keyset_url deployment_ids",
    },
    "signin.SchoolAccountService": {
        C: "client_id secret_ring_key", S: "domain", V: "sealed_secret",
    },
    "reports.CheckInCount": {C: "grade"},
    "roster.AccountNameKey": {V: "digest_key"},
    "roster.StudentAccountName": {K: "digest"},
    "roster.RosterImport": {S: "file_name", C: "sha256 report"},
    "roster.RosterPart": {R: "body"},
    "staffing.StaffInvitation": {
        K: "code_digest", V: "sealed_code voice_code", C: "code_ring_key grade", R: "name",
        A: "mail",
    },
    "signin.MynaService": {C: "client_id key_ring_key", V: "sealed_key"},
    "socialaccount.SocialAccount": {A: "uid", C: "provider extra_data"},  # extra_data: always {}
    # allauth's, unused: services are rows of our own, and no token is kept
    "socialaccount.SocialApp": {C: "provider provider_id name client_id secret key settings"},
    "socialaccount.SocialToken": {H: "token token_secret"},
    "signin.UserSession": {C: "session_key method", A: "device"},
    "vault.DamageReport": {C: "purpose table"},
    "vault.DestroyedKey": {C: "purpose"},
    "vault.EnvironmentKey": {C: "name check_value", S: "given_up_because"},
    "vault.ReplacedKey": {C: "purpose ring_key", V: "wrapped"},
    "vault.SubjectKey": {C: "purpose ring_key", V: "wrapped"},
}  # fmt: skip
