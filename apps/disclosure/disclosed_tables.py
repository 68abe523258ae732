"""Which tables about a student appear in "my data", and why the others do not. Pure."""

# Every table that names a student is in one of these two (a test walks the models).
SHOWN_TABLES = {
    "checkins.CheckIn", "consent.ConsentDecision", "consent.ConsentMessage",
    "consent.ConsentReceipt", "disclosure.CorrectionAnswer", "disclosure.CorrectionRequest",
    "consent.DeletionCertificate", "consent.DocumentDisplay", "helpline.HelpReply",
    "helpline.HelpRequest", "linkage.LinkedRecord", "people.Guardianship",
    "checkins.WithheldWords",
}  # fmt: skip
ANOTHER_GUARDIANS_CARD = "what a guardian read with a My Number card: it is that guardian's"
TABLES_NOT_SHOWN = {
    "people.GuardianshipEnd": "who ended a guardian's tie and why is the school's; a family reads no standing",
    "registration.GuardianRegistration": "who is registered stands on the student's own page, without names",
    "registration.ListedGuardian": "the school's own list of other adults, to address letters and to compare names",
    "registration.GuardianObjection": "its outcome is told to nobody, so that nobody is pressed about it",
    "registration.InvitationLetter": "a letter on paper; its code is no one's to read again",
    "checkins.WordsExclusion": "whom the student keeps words from; in no file, so that nobody who finds it learns it",
    "checkins.ChosenFrequency": "how often to be asked; it stands on the student's own page",
    "cases.CaseDecision": "what staff think about support is theirs until they talk with the family",
    "cases.Outcome": "as above",
    "cases.Referral": "as above",
    "cases.RuleCheck": "when a rule looked; the looks themselves are shown",
    "cases.Sign": "a reason to look, not a fact about the student",
    "cases.StudentEvent": "what staff recorded for staff; its source may be another child",
    "cases.SupportCase": "as above",
    "cases.SupportPlan": "as above",
    "people.StandingChange": "as above",
    "consent.AnswerNeeded": "its answers are the decisions",
    "consent.ExplanationRequest": "stands in the student's own receipt",
    "consent.PaperForm": "its answers are the decisions",
    "consent.TelephoneAnswer": "its answers are the decisions once confirmed",
    "helpline.HelpNote": "what staff wrote for staff",
    "selfinfo.SelfInfoSession": "when it was asked for: it stands on the guardian's own page",
    "people.EmergencyAccess": "the looks taken in it stand in the complete record, marked",
    "people.FormerIdentifier": "until when a school's code or seat was theirs, so that no row is mixed up",
    "signin.LoginCard": "a digest of a secret",
    "signin.PinEvent": "who gave out, confirmed or changed a PIN, for some days; as below",
    "signin.PinReset": "who handed out a PIN; it stands on the student's own first page",
    "vault.DamageReport": "that a record cannot be read: the record itself is shown as such",
    "vault.ReplacedKey": "a key, not a fact",
    "vault.SubjectKey": "a key, not a fact",
}
