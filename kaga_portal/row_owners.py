"""To which municipality the rows of a table belong that has no column for it, and which to none."""

# {model: the foreign key to the row that says it}
THROUGH = {
    "checkins.Question": "question_set",
    "checkins.QuestionChoice": "question",
    "consent.DeletionCount": "certificate",
    "consent.DocumentStop": "document",
    "file_jobs.FileJobPart": "job",
    "helpdesk.SupportReply": "question",
    "helpline.DutyApproval": "roster",
    "helpline.DutyHours": "roster",
    "helpline.DutyPerson": "roster",
    "linkage.AgreedStudents": "source",
    "linkage.Freshness": "source",
    "linkage.SlowFile": "source",
    "linkage.SourceFile": "source",
    "linkage.SyncIssue": "run",
    "notices.HoursException": "organisation",
    "notices.OpeningHours": "organisation",
    "people.FormerIdentifier": "student",
    "roster.RosterPart": "roster_import",
}
# A row without municipality is everybody's to read in these; elsewhere nobody's but of the tasks.
NATIONAL = (
    "audit.AuditEvent",  # what the portal itself did
    "audit.SecurityEvent",  # what nobody known did
    "checkins.QuestionSet",
    "notices.SupportOrganisation",
    "roster.RosterImport",  # of a file that could not be read so far
    "vault.DamageReport",  # of what belongs to no single one
)
# {model: why it belongs to no municipality}
OF_NO_MUNICIPALITY = {
    "account.EmailAddress": "of an account, which may work for several",
    "account.EmailConfirmation": "of an account, which may work for several",
    "admin.LogEntry": "not written: the audit record is ours",
    "auth.Group": "not used",
    "auth.Group_permissions": "not used",
    "auth.Permission": "the code's",
    "cases.FollowUpDigest": "of an account: when it was last written to",
    "checkins.DeliveryKey": "the portal's",
    "consent.SweepMark": "how far a task of all has come",
    "contenttypes.ContentType": "the code's",
    "core.Heartbeat": "the portal's tasks",
    "core.UsedFormKey": "random keys and digests",
    "ledger.ChainHead": "there is one ledger",
    "ledger.ChainLimit": "there is one ledger",
    "ledger.ChainedRange": "there is one ledger",
    "ledger.Checkpoint": "there is one ledger",
    "mail.MailServer": "the portal's",
    "mfa.Authenticator": "of an account, which may work for several",
    "notices.Notice_organisations": "two ids; the notice's own row says whose it is",
    "notices.Notice_schools": "two ids; the notice's own row says whose it is",
    "people.Municipality": "the list of them",
    "people.User": "an account may work for several",
    "people.User_groups": "not used",
    "people.User_user_permissions": "not used",
    "push.BroadcastChunk": "numbers of a broadcast's devices, a million at times",
    "push.PushDelivery": "which device a broadcast reached; the device's own row says whose",
    "push.PushOrigin": "the push services of browsers",
    "sessions.Session": "sealed, named by its key",
    "signin.LtiKey": "the portal's",
    "signin.SessionEnding": "of an account, which may work for several",
    "signin.UserSession": "of an account, which may work for several",
    "socialaccount.SocialAccount": "of an account, which may work for several",
    "socialaccount.SocialApp": "not used",
    "socialaccount.SocialToken": "not used",
    "vault.EnvironmentKey": "the portal's",
    "vault.ShareStore": "the portal's",
    "vault.UnknownShare": "shares that no row names",
}
