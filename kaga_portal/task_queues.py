"""Which queue each task waits in. A worker serves its queues in the order in which it names them."""

# The most urgent first. The first two need the database alone: what asks outer servers (mail, push
# services, sources) or takes long waits in a later one, so a worker of "help" is never held up.
TASKS_OF_QUEUES = {
    "help": ("helpline.escalate",),
    # What follows from an answer, a decision or the clock, and somebody waits for it.
    "followups": (
        "cases.follow_acts",
        "cases.send_digests",
        "cases.sweep",
        "checkins.follow_acts",
        "checkins.raise_words",
        "consent.reconcile_all",
        "helpline.follow_acts",
        "helpline.replan",
        "linkage.follow_acts",
        "notices.follow_acts",
        "notices.publish_due",
        "people.follow_acts",
        "registration.follow_acts",
        "signin.follow_acts",
        "staffing.follow_acts",
    ),
    "mail": ("helpline.deliver_mail", "mail.send_due"),
    "push": ("push.deliver_due",),
    # Sources, files of staff, and what else may take a minute.
    "imports": (
        "cases.back_tests",
        "linkage.read_files",
        "linkage.sync_all",
        "notices.read_files",
        "registration.make_letter_files",
        "registration.read_files",
        "roster.read_files",
        "selfinfo.advance_sessions",
    ),
    # What is deleted, counted and verified.
    "sweeps": (
        "cases.delete_ended",
        "checkins.sweep",
        "consent.verify_ledger",
        "disclosure.find_unusual_looks",
        "file_jobs.sweep",
        "helpdesk.forget",
        "helpline.forget",
        "ledger.chain_rows",
        "ledger.give_checkpoint",
        "ledger.make_checkpoint",
        "linkage.sweep",
        "mail.forget_old",
        "people.forget_form_keys",
        "people.forget_security_events",
        "push.forget_old",
        "registration.drop_old_lists",
        "reports.count_past_days",
        "roster.drop_old_drafts",
        "selfinfo.delete_old_sessions",
        "signin.clear_sessions",
        "signin.rotate_lti_keys",
        "staffing.sweep_posts",
        "vault.purge_share_store",
    ),
}
QUEUES = tuple(TASKS_OF_QUEUES)
LEAST_URGENT = QUEUES[-1]
ROUTES = {task: {"queue": queue} for queue, tasks in TASKS_OF_QUEUES.items() for task in tasks}
