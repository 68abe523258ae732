"""What sees the rows of all municipalities, and why: everything else sees those of its own.

Each key is a function (``apps.core.municipality_scope.across_municipalities``), a periodic task or a
command of the portal. Whoever is named here answers for asking only for what its reason says.
"""

_OF_AN_ACCOUNT = "devices are bound to an account, which may work for several cities or for none"
# What protects a person asks about the person or the account, not about rows of a city: in which city
# the fact is must make no difference. They answer with ids, digests or yes and no, never with rows
# that a page could show. tests/people/test_protection_across_cities.py asks each of them.
PROTECTIVE = {
    "apps.consent.services.telephone_caps._stopped_today": "a person's limit of a day is one; ids",
    "apps.people.services.act_queries.is_act_open_about_account": "an account that another city has "
    "just locked is not unlocked; yes or no",
    "apps.people.services.kept_out_people.digests_of_siblings": "a sibling may live in another city; "
    "digests that tell neither child nor reason",
    "apps.people.services.kept_out_people.is_refused_for_account": "a guardian may have a child in "
    "another city; yes or no",
    "apps.people.services.person_accounts._accounts_with": "a person is one in every city; ids",
    "apps.people.services.person_accounts.accounts_near_student": "a person is one in every city; ids",
    "apps.people.services.person_accounts.accounts_of_other_guardians": "staff of one city may have "
    "a child in another; ids",
    "apps.people.services.person_accounts.children_of_person": "staff of one city may have a child "
    "in another; ids",
    "apps.people.services.person_accounts.roles_of_person": "whom a student keeps out is one in "
    "every city; codes of roles",
    "apps.people.services.recorded_changes.record_account_change": "each city for which an account "
    "works has the event in its record",
    "apps.registration.services.name_comparison._names_of": "nobody confirms a newcomer of their own "
    "name; only compared",
    "apps.registration.services.registration_facts.accounts_kept_out_somewhere": "who is kept out "
    "from a child of another city needs more people too; ids",
    "apps.signin.password_validators._names_of": "a password is chosen before anybody is signed in; "
    "only compared",
    "apps.signin.password_validators._places": "names of schools are public; only compared",
    "apps.signin.services.account_reach.cities_left_without_privacy_officer": "no city loses its last "
    "officer by an act of another; ids",
}
FUNCTIONS = PROTECTIVE | {
    "apps.cases.services.referrals.link_of": "an organisation has a link, and no account",
    "apps.checkins.services.late_deliveries.deliver_items": "a tablet sends what several students "
    "wrote; each ticket names its student",
    "apps.helpdesk.services.questions.confirm_mail": "a mailed link names one question",
    "apps.helpdesk.services.questions.schools_to_choose": "a visitor chooses a school; names of "
    "schools are public",
    "apps.helpdesk.services.service_status._counted": "is kept for the pages of every city",
    "apps.mail.services.failures.is_mail_leaving": "the portal has one way out for its mails",
    "apps.notices.services.organisations.reader_municipality": "a visitor names a city, and reads "
    "what it publishes",
    "apps.people.account_kinds.account_rows": "the rows of an account say for whom it works",
    "apps.people.services.security_events.note_security_event": "what happened to an account is "
    "recorded whoever asked, before anybody is signed in",
    "apps.portal.services.delivered_requests.deliver_help_requests": "a tablet sends what several "
    "students wrote; each ticket names its student",
    "apps.push.services.broadcasts.record_receipt": "a device has a token, and no session",
    "apps.push.services.broadcasts.trial_state": _OF_AN_ACCOUNT,
    "apps.push.services.subscriptions.devices_of": _OF_AN_ACCOUNT,
    "apps.push.services.subscriptions.end_bindings": _OF_AN_ACCOUNT,
    "apps.push.services.subscriptions.known_devices_of": _OF_AN_ACCOUNT,
    "apps.push.services.subscriptions.owners_of_devices": _OF_AN_ACCOUNT,
    "apps.push.services.subscriptions.sign_out_device": _OF_AN_ACCOUNT,
    "apps.push.services.subscriptions.unsubscribe": _OF_AN_ACCOUNT,
    "apps.push.services.subscriptions.wants_push": _OF_AN_ACCOUNT,
    "apps.push.services.subscriptions.end_binding": "a device has a secret, and no session",
    "apps.push.services.subscriptions.has_binding_ended": "a device has a secret, and no session",
    "apps.push.services.subscriptions.renew_binding": "a device has a secret, and no session",
    "apps.push.services.subscriptions.subscribe": "a device may have been bound by somebody of "
    "another city before",
    "apps.registration.services.letter_records.new_slip_numbers": "a slip's number is on no other "
    "letter; random numbers",
    "apps.registration.services.letters.find_letter": "who has a letter's code is not signed in yet",
    "apps.selfinfo.services.sessions.record_notification": "the state's portal has a secret, "
    "and no session",
    "apps.signin.backends._user_and_student": "the row of a student says for whom it works",
    "apps.signin.context_processors._has_myna_sign_in": "visitors read whether there is this way in",
    "apps.signin.services.cards._has_ended_unused": "who has a card's code is not signed in yet",
    "apps.signin.services.cards.find_card": "who has a card's code is not signed in yet",
    "apps.signin.services.lti_platforms.form_origins": "a policy of the browser names them all",
    "apps.signin.services.lti_platforms.is_taken": "a platform's two names are unique; yes or no",
    "apps.signin.services.lti_platforms.platform_in_use": "our sealed cookie names one platform",
    "apps.signin.services.lti_platforms.platform_of_request": "a platform starts the sign-in",
    "apps.signin.services.myna_services.service_in_use": "an address names one service",
    "apps.signin.services.myna_services.services_in_use": "visitors choose among them",
    "apps.signin.services.school_account_services.service_in_use": "an address names one service",
    "apps.signin.services.school_account_services.services_in_use": "visitors choose among them",
    "kaga_portal.key_checks.check_keys": "asks which keys anything stored still needs",
    "kaga_portal.startup_checks.refuse_if_unsafe": "ends what a restore brought back, in each city",
    "apps.staffing.services.invitations.find_invitation": "who has its number is not signed in yet",
}
# Each of them goes through what is due everywhere.
TASKS = {
    "cases.back_tests": "counts what waits, whichever city asked",
    "cases.delete_ended": "deletes what is over by the same rule everywhere",
    "cases.follow_acts": "carries out what was decided, in each city",
    "cases.send_digests": "writes to each reader in the morning",
    "cases.sweep": "looks at the students of each city in turn",
    "checkins.follow_acts": "carries out what was decided, in each city",
    "checkins.raise_words": "raises what nobody opened, in each city",
    "checkins.sweep": "deletes what is over by the same rule everywhere",
    "consent.reconcile_all": "makes and destroys keys by the answers of all families",
    "consent.verify_ledger": "there is one ledger",
    "disclosure.find_unusual_looks": "goes through the looks of a week, in each city",
    "file_jobs.sweep": "deletes what is over by the same rule everywhere",
    "helpdesk.forget": "deletes what is over by the same rule everywhere",
    "helpline.deliver_mail": "delivers what waits",
    "helpline.escalate": "finds whom nobody has answered, in each city",
    "helpline.follow_acts": "carries out what was decided, in each city",
    "helpline.forget": "deletes what is over by the same rule everywhere",
    "helpline.replan": "plans anew where a calendar changed, in each city",
    "ledger.chain_rows": "there is one ledger",
    "ledger.give_checkpoint": "there is one ledger",
    "ledger.make_checkpoint": "there is one ledger",
    "linkage.follow_acts": "carries out what was decided, in each city",
    "linkage.read_files": "takes the oldest file that waits",
    "linkage.sweep": "deletes what is over by the same rule everywhere",
    "linkage.sync_all": "finds the sources that are due, in each city",
    "mail.forget_old": "deletes what is over by the same rule everywhere",
    "mail.send_due": "delivers what waits",
    "notices.follow_acts": "carries out what was decided, in each city",
    "notices.publish_due": "publishes what is due, in each city",
    "notices.read_files": "takes the oldest file that waits",
    "people.follow_acts": "carries out what was decided, in each city",
    "people.forget_form_keys": "deletes what is over by the same rule everywhere",
    "people.forget_security_events": "deletes what is over by the same rule everywhere",
    "push.deliver_due": "delivers what waits",
    "push.forget_old": "deletes what is over by the same rule everywhere",
    "registration.drop_old_lists": "deletes what is over by the same rule everywhere",
    "registration.follow_acts": "carries out what was decided, in each city",
    "registration.make_letter_files": "takes the oldest order that waits",
    "registration.read_files": "takes the oldest file that waits",
    "reports.count_past_days": "counts the days of each city",
    "roster.drop_old_drafts": "deletes what is over by the same rule everywhere",
    "roster.read_files": "takes the oldest file that waits",
    "selfinfo.advance_sessions": "takes the next step of each session that waits",
    "selfinfo.delete_old_sessions": "deletes what is over by the same rule everywhere",
    "signin.clear_sessions": "deletes what is over by the same rule everywhere",
    "signin.follow_acts": "carries out what was decided, in each city",
    "signin.rotate_lti_keys": "the portal has one pair of keys",
    "staffing.follow_acts": "carries out what was decided, in each city",
    "staffing.sweep_posts": "ends what was not renewed, in each city",
    "vault.purge_share_store": "there is one store of key shares",
}
# Whoever types them runs the portal for every municipality.
COMMANDS = {
    "acknowledge_rollback": "there is one ledger",
    "after_restore": "counts the rows of the whole database",
    "backup": "counts the rows of the whole database",
    "begin_casework": "looks at the students of each city in turn",
    "demo": "makes the invented cities",
    "export_checkpoint": "there is one ledger",
    "first_two": "names the first two people of a city, who do not exist yet",
    "give_up_key": "a key is named by its id",
    "grant_app_role": "asks for roles and tables, not for rows",
    "import_roster": "finds the municipality that is named, and works for it",
    "init_share_store": "there is one store of key shares",
    "keys_in_use": "counts what is sealed under each key",
    "note_backup": "the backup is that of the whole database",
    "portal": "starts everything, and makes the invented cities first",
    "replace_lti_keys": "the portal has one pair of keys",
    "replay_erasures": "the list of ended keys is one for all",
    "rotate_vault_keys": "seals anew what is sealed under the old key",
    "verify_national": "the organisations that every city shows",
    "verify_ledger": "there is one ledger",
}
