"""Every use of a key: one literal table, checked by tests/architecture/test_key_uses.py.

A module that uses a key, a keyed digest or a signature must be listed here, or the test fails.
``docs/security/keys-and-data.md`` shows the table (``make docs``).
"""

from dataclasses import dataclass

# Who may have a key: explained in docs/security/keys-and-data.md.
RUNNING = "processes, two keepers; a copy in the safe"
KEYS = {  # {key: (what it is, where it is stored, who may have it, how it is changed)}
    "VAULT_KEYS": (
        "a ring of AES-256 keys, the newest first", "environment", RUNNING,
        "`rotate_vault_keys`; yearly, and when seen by others",
    ),
    "subject key": (
        "AES-256, one for each student and purpose; half wrapped in the table, half in the share store",
        "`vault_subjectkey` and KEY_SHARES_URL",
        "processes alone; nobody who holds copies of the database has the store too",
        "never: it ends with the consent; its wrapping turns with VAULT_KEYS",
    ),
    "SECRET_KEY": (
        "a random text of 50 bytes", "environment", "processes, two keepers; no copy is needed",
        "SECRET_KEY_FALLBACKS, fourteen days; yearly, and when seen by others",
    ),
    "SIGNING_KEYS": (
        "a ring of Ed25519 seeds, the newest first", "environment", RUNNING,
        "a new one in front; the old ones stay for ever",
    ),
    "VAPID keys": (
        "one P-256 pair", "environment", "processes, two keepers; no copy is needed",
        "a new pair; devices bind anew at their next visit",
    ),
    "delivery key": (
        "a P-256 pair of a day", "`checkins_deliverykey`, the private half under VAULT_KEYS",
        "processes alone",
        "daily; deleted after sixteen days",
    ),
    "LTI keys": (
        "an RSA pair of 2048 bits, the same for every platform",
        "`signin_ltikey`, the private half under VAULT_KEYS; the public one at `/lti/keys/`",
        "processes alone",
        "by itself every ninety days; published a day before and after; `replace_lti_keys` when "
        "seen by others",
    ),
    "key for デジタル認証アプリ": (
        "a P-256 pair of each municipality",
        "`signin_mynaservice`, under VAULT_KEYS; the public one is registered with the service",
        "processes alone", "by a button of the city, when seen by others",
    ),
    "backup key": (
        "an X25519 pair (age), or two", "the public half in BACKUP_PUBLIC_KEYS, the private one away from "
        "every machine of the portal",
        "who restores; a copy in the safe", "a new pair by `backup_key`; the old one is kept as long as its backups",
    ),
    "the browser's": (
        "a random key of 256 bits", "a cookie of one browser", "that browser alone", "with each form; half an hour",
    ),
    "passwords": (
        "a person's own", "hashed in `people_user`", "the person alone", "by the person",
    ),
    "SELF_INFO_CERTIFICATE_KEY": (
        "the private key of the client's certificate for マイナポータル (as its issuer asks: RSA or "
        "P-256), and the certificate SELF_INFO_CERTIFICATE",
        "a file that the portal's user alone may read", "processes, two keepers",
        "by its issuer, before it ends and when seen by others",
    ),
    "TLS certificates": (
        "the keys and certificates of the proxy, PostgreSQL, the broker's and the mail server, and "
        "the roots by which the portal knows them (`sslrootcert`, the system's own)",
        "with each server; roots on the portal's machine", "the keepers of each server",
        "by the operator, automatically and at most every year",
    ),
}  # fmt: skip


@dataclass(frozen=True)
class KeyUse:
    """One use of a key: in which modules, for what, how, for how long."""

    key: str
    what: str
    algorithm: str
    lasts: str
    modules: tuple[str, ...]


GCM, HMAC_ = "AES-256-GCM (SP 800-38D)", "HMAC-SHA256 (RFC 2104)"
USES = [
    KeyUse("VAULT_KEYS", "wraps half of each subject key", GCM,
        "as long as the consent; re-wrapped by rotate_vault_keys",
        ("apps.vault.services.keys", "apps.vault.services.rotation", "apps.vault.services.ring_sealing")),
    KeyUse("VAULT_KEYS", "codes of cards and letters, delivery keys, LTI keys, the key for デジタル認証アプリ, secrets of sources, readings in "
        "progress, names as they were", GCM, "until deleted; sealed anew by rotate_vault_keys",
        ("apps.vault.services.ring_sealing", "apps.vault.services.paper_codes", "apps.vault.key_ring_columns",
         "apps.vault.services.ring_stores", "apps.linkage.services.source_secrets",
         "apps.selfinfo.services.session_secrets", "apps.checkins.services.late_deliveries",
         "apps.consent.services.recorded_names", "apps.vault.services.ring_usage", "apps.signin.services.lti_keys", "apps.signin.services.myna_services")),
    KeyUse("VAULT_KEYS", "files of letters (with codes), lists of guardians until they are taken, codes "
        "of invited staff told by voice", GCM, "half an hour, a day, seven days",
        ("apps.registration.models.letter_files", "apps.registration.services.letter_files",
         "apps.registration.models.guardian_lists", "apps.registration.services.guardian_lists",
         "apps.staffing.services.invitations")),
    KeyUse("VAULT_KEYS", "reasons, waiting mails, proposed changes, second factors, sessions", GCM,
        "until deleted; sealed anew by rotate_vault_keys; sessions end within a day",
        ("apps.vault.sealed_text", "apps.core.sealed_field", "apps.signin.adapters",
         "apps.vault.services.ring_store_list")),
    KeyUse("VAULT_KEYS", "the answer given on the first screen, in the session", GCM, "ten minutes",
        ("apps.checkins.first_answer",)),
    KeyUse("VAULT_KEYS", "finds codes of cards and letters, compares PINs", HMAC_
        + ", key by HKDF-SHA256 (RFC 5869)",
        "the code moves with its seal, a PIN when it is next typed",
        ("apps.signin.services.cards", "apps.signin.services.pins", "apps.registration.services.letters", "apps.core.crypto",
         "apps.vault.services.keys")),
    KeyUse("VAULT_KEYS", "finds a person who is kept out by name, address and number", HMAC_
        + ", each row under a random key that is sealed", "as long as they are kept out",
        ("apps.people.person_match_rules",)),
    KeyUse("VAULT_KEYS", "compares the names of school accounts", HMAC_
        + ", under a random key of the municipality that is sealed", "until the roster names them no more",
        ("apps.roster.services.account_names",)),
    KeyUse("subject key", "every sealed row of a student", GCM + "; names of facts and versions by "
        "keyed BLAKE2b (RFC 7693)", "as long as the consent", ("apps.vault.data_keys",)),
    KeyUse("SECRET_KEY", "tickets of answers that wait on a tablet", HMAC_,
        "fourteen days; fallbacks are asked", ("apps.checkins.tickets", "apps.helpline.tickets")),
    KeyUse("SECRET_KEY", "sealed cookies and addresses", "Fernet (AES-128-CBC, HMAC-SHA256)",
        "minutes to hours, the link on the sheet of a referral ninety days; fallbacks are asked",
        ("apps.core.sealed_tokens",)),
    KeyUse("SECRET_KEY", "signed keys of forms, digests of what was typed", HMAC_,
        "two days; fallbacks are asked for keys",
        ("apps.core.form_keys", "apps.core.signed_tokens", "apps.helpdesk.question_forms")),
    KeyUse("SECRET_KEY", "what a form was shown with", HMAC_, "a session; fallbacks are asked",
        ("apps.checkins.sent_forms",)),
    KeyUse("SECRET_KEY", "whose page a form was drawn on", HMAC_,
        "thirteen hours; fallbacks are asked", ("apps.signin.form_owners",)),
    KeyUse("SECRET_KEY", "mark of a person that tabs compare", HMAC_,
        "a page; changes with the key", ("apps.core.context_processors",)),
    KeyUse("SECRET_KEY", "names of counters of tries", HMAC_, "minutes to a day", ("apps.core.limits",)),
    KeyUse("SECRET_KEY", "a device's word that a push message came", "keyed BLAKE2b (RFC 7693)",
        "days; fallbacks are asked", ("apps.push.services.receipts",)),
    KeyUse("SECRET_KEY", "what proves a device's binding", HMAC_,
        "until the next visit; fallbacks are asked", ("apps.push.services.subscriptions",)),
    KeyUse("SECRET_KEY", "check values of former keys", HMAC_, "for ever",
        ("apps.vault.services.environment_keys",)),
    KeyUse("SIGNING_KEYS", "signs receipts and checkpoints", "Ed25519 (RFC 8032) as JWS (RFC 8037)",
        "for ever", ("apps.ledger.signatures", "apps.consent.services.decision_chain")),
    KeyUse("SIGNING_KEYS", "signs what a backup says of itself", "Ed25519 (RFC 8032) as JWS (RFC 8037)",
        "as long as the backup", ("kaga_portal.backup.manifests",)),
    KeyUse("backup key", "encrypts backups, the log of the database and copies of the key shares",
        "age v1: X25519, HKDF-SHA256, ChaCha20-Poly1305", "as long as the backup; seven days for shares",
        ("kaga_portal.backup.encryption",)),
    KeyUse("SIGNING_KEYS", "chains the decisions of a school and the ranges of audit events, joins chains in checkpoints",
        HMAC_ + ", Merkle trees of SHA-256", "for ever", ("apps.ledger.hash_chain", "apps.ledger.services.chains")),
    KeyUse("VAPID keys", "names us to push services", "ES256 (RFC 8292)", "hours each",
        ("apps.push.webpush", "apps.push.services.deliveries", "apps.push.services.chunks", "apps.push.services.subscriptions",
         "apps.push.views", "apps.portal.screens")),
    KeyUse("delivery key", "answers and requests to talk that wait on a tablet",
        "HPKE (RFC 9180): P-256, HKDF-SHA256, AES-256-GCM", "sixteen days",
        ("apps.checkins.hpke",)),
    KeyUse("LTI keys", "signs the links that a learning portal asked for", "RS256 (RFC 7518)",
        "five minutes each", ("apps.signin.lti_signing", "apps.signin.services.lti_keys",
         "apps.signin.services.lti_links", "apps.signin.json_web_keys")),
    KeyUse("key for デジタル認証アプリ", "proves the portal at the token endpoint (private_key_jwt)", "ES256 (RFC 7518)",
        "half a minute each", ("apps.signin.myna_keys", "apps.signin.json_web_keys")),
    KeyUse("the browser's", "a form that was not taken because its sign-in had ended",
        "Fernet (AES-128-CBC, HMAC-SHA256)", "half an hour", ("apps.signin.unsent_forms",)),
    KeyUse("SELF_INFO_CERTIFICATE_KEY", "proves the portal to マイナポータル", "mutual TLS 1.2 or 1.3",
        "each connection", ("apps.selfinfo.services.endpoints",)),
    KeyUse("TLS certificates", "each connection of browsers, and to servers elsewhere",
        "TLS 1.2 or 1.3, names verified", "each connection", ("kaga_portal.checks",)),
    KeyUse("passwords", "signing in", "Argon2id (RFC 9106)", "until changed", ("apps.signin.hashers",)),
    KeyUse("VAULT_KEYS", "slows tries at PINs where key and database are both lost",
        "Argon2id (RFC 9106) over the keyed digest", "moves with the PIN",
        ("apps.signin.pin_hashes",)),
]  # fmt: skip
