"""The portal's Celery application as the fault tests run it: every day is a working day, and the
schedule runs each second, so that a test neither waits nor depends on the calendar.
"""

import jpholiday

from kaga_portal.celery import app

jpholiday.is_holiday = lambda day: False
app.conf.beat_schedule = {
    name: {"task": name, "schedule": 1.0}
    for name in (
        "helpline.escalate",
        "helpline.deliver_mail",
        "mail.send_due",
        "linkage.sync_all",
        "selfinfo.advance_sessions",
    )
}
