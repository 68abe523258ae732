"""When the clock wakes the workers. Each task is idempotent: late, twice or side by side is harmless."""

from celery.schedules import crontab

SECONDS = {
    "consent.settle_all": 300,
    "consent.make_checkpoint": 180,
    "consent.verify_ledger": 1800,
    "push.deliver_due": 15,
    "notices.publish_due": 60,
    "notices.follow_acts": 60,
    "linkage.sync_all": 300,
    "linkage.follow_acts": 60,
    "linkage.carry_self_info": 5,
    "linkage.sweep": 60,
    "checkins.sweep": 60,
    "checkins.follow_acts": 60,
    "people.follow_acts": 60,
    "helpline.escalate": 15,
    "helpline.replan": 600,
    "helpline.follow_acts": 60,
    "helpline.deliver_mail": 15,
    "mail.send_due": 15,
    "cases.sweep": 300,
    "signin.follow_acts": 60,
    "signin.make_letter_files": 20,
    "signin.read_files": 15,
    "linkage.read_files": 15,
    "notices.read_files": 15,
    "file_jobs.sweep": 60,
}
QUICK = {"linkage.sync_all": 60, "cases.sweep": 60}  # where somebody waits to see something
BY_THE_HOUR = {
    "push.forget_old": crontab(hour=3, minute=41),
    "signin.clear_sessions": crontab(minute=47),
    "signin.forget_drafts": crontab(minute=17),
    "people.forget_form_keys": crontab(minute=27),
    "signin.sweep_posts": crontab(minute=37),
    "mail.forget_old": crontab(hour=3, minute=7),
    "people.forget_security_events": crontab(hour=3, minute=11),
}
# Whose last run by the clock is noted, because a page promises what they do (core.heartbeat).
BEATING = (
    "helpline.escalate",
    "helpline.deliver_mail",
    "mail.send_due",
    "push.deliver_due",
    "notices.publish_due",
)
# Queues of their own, each with a worker of its own: what speaks to slow outer servers (sources,
# push services, mail) never keeps the help chain waiting, which only speaks to the database.
QUEUES = ("celery", "help", "deliveries", "mail")
ROUTES = {
    "helpline.escalate": {"queue": "help"},
    "helpline.deliver_mail": {"queue": "mail"},
    "mail.send_due": {"queue": "mail"},
    "push.deliver_due": {"queue": "deliveries"},
}
EXPIRES = {"linkage.carry_self_info": 60}  # so often that waiting ones would pile up


def schedule(*, is_quick):
    """Celery's beat schedule: {name: {task, schedule, options}}."""
    when = {**SECONDS, **BY_THE_HOUR, **(QUICK if is_quick else {})}
    return {
        name: {
            "task": name,
            "schedule": at,
            "kwargs": {"every_s": at} if name in BEATING else {},
            "options": {"expires": EXPIRES[name]} if name in EXPIRES else {},
        }
        for name, at in when.items()
    }
