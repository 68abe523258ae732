"""The form of a duty roster and its buttons."""

from django.urls import reverse

ADD = reverse("admin:helpline_dutyroster_add")


def change(roster):
    return reverse("admin:helpline_dutyroster_change", args=[roster.pk])


def switch(roster):
    return reverse("admin:helpline_switch", args=[roster.pk])


def approve(roster):
    return reverse("admin:helpline_approve", args=[roster.pk])


def form(c, hours=(("0", "08:30", "16:30"),), people=(), **more):
    data = {
        "school": c.school.pk, "first": c.nurse.user_id, "second": c.counsellor.user_id,
        "last": c.principal.user_id, "second_after": 5, "last_after": 15, "all_after": 30,
        "hours-TOTAL_FORMS": len(hours), "hours-INITIAL_FORMS": 0,
        "people-TOTAL_FORMS": len(people), "people-INITIAL_FORMS": 0,
    }  # fmt: skip
    for n, (weekday, opens, closes) in enumerate(hours):
        data |= {f"hours-{n}-weekday": weekday, f"hours-{n}-opens_at": opens,
                 f"hours-{n}-closes_at": closes}  # fmt: skip
    for n, row in enumerate(people):
        data |= {f"people-{n}-{name}": value for name, value in row.items()}
    return {**data, **more}


def messages_of(answer):
    return answer.content.decode()
