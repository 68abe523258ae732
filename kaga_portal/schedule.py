"""When each periodic task runs. Tasks are idempotent: late, repeated or parallel runs are harmless."""

from celery.schedules import crontab

INTERVALS_S = {
    "consent.reconcile_all": 300,
    "ledger.chain_rows": 60,
    "ledger.make_checkpoint": 180,
    "consent.verify_ledger": 1800,
    "push.deliver_due": 15,
    "notices.publish_due": 60,
    "notices.follow_acts": 60,
    "linkage.sync_all": 300,
    "linkage.follow_acts": 60,
    "selfinfo.advance_sessions": 5,
    "selfinfo.delete_old_sessions": 3600,
    "linkage.sweep": 60,
    "checkins.sweep": 60,
    "checkins.follow_acts": 60,
    "checkins.raise_words": 60,
    "people.follow_acts": 60,
    "helpline.escalate": 15,
    "helpline.replan": 600,
    "helpline.follow_acts": 60,
    "helpline.deliver_mail": 15,
    "mail.send_due": 15,
    "cases.sweep": 300,
    "cases.follow_acts": 60,
    "cases.back_tests": 60,
    "signin.follow_acts": 60,
    "registration.follow_acts": 60,
    "registration.make_letter_files": 20,
    "staffing.follow_acts": 60,
    "roster.read_files": 15,
    "registration.read_files": 15,
    "linkage.read_files": 15,
    "notices.read_files": 15,
    "file_jobs.sweep": 60,
}
DEMO_INTERVALS_S = {
    "linkage.sync_all": 60,
    "cases.sweep": 60,
}  # where somebody waits to see the result
CRONTABS = {
    "push.forget_old": crontab(hour=3, minute=41),
    "signin.clear_sessions": crontab(minute=47),
    "signin.rotate_lti_keys": crontab(minute=51),
    "reports.count_past_days": crontab(hour=3, minute=53),
    "roster.drop_old_drafts": crontab(minute=17),
    "registration.drop_old_lists": crontab(minute=19),
    "people.forget_form_keys": crontab(minute=27),
    "staffing.sweep_posts": crontab(minute=37),
    "cases.send_digests": crontab(minute=3),
    "helpdesk.forget": crontab(hour=3, minute=29),
    "helpline.forget": crontab(hour=3, minute=23),
    "cases.delete_ended": crontab(hour=3, minute=21),
    "mail.forget_old": crontab(hour=3, minute=7),
    "ledger.give_checkpoint": crontab(hour=4, minute=43),
    "disclosure.find_unusual_looks": crontab(day_of_week="mon", hour=4, minute=11),
    "people.forget_security_events": crontab(hour=3, minute=11),
    "vault.purge_share_store": crontab(hour=2, minute=37),
}
# Tasks whose last run is recorded (core.heartbeat): a page promises what they do, or they show that
# their queue is read.
HEARTBEAT_TASKS = (
    "helpline.escalate",
    "helpline.deliver_mail",
    "mail.send_due",
    "push.deliver_due",
    "notices.publish_due",
    "roster.read_files",
    "linkage.sweep",
)
EXPIRES_S = {"selfinfo.advance_sessions": 60}  # so frequent that waiting ones would pile up


def beat_schedule(*, is_quick):
    """Celery's beat schedule: {name: {task, schedule, options}}."""
    when = {**INTERVALS_S, **CRONTABS, **(DEMO_INTERVALS_S if is_quick else {})}
    return {
        name: {
            "task": name,
            "schedule": at,
            "kwargs": {"every_s": at} if name in HEARTBEAT_TASKS else {},
            "options": {"expires": EXPIRES_S[name]} if name in EXPIRES_S else {},
        }
        for name, at in when.items()
    }
