"""Scenarios of acts about staff posts and accounts."""

from allauth.mfa.models import Authenticator
from django.urls import reverse
from django.utils import timezone

from apps.people.models import (
    Role,
    StaffPost,
    User,
)
from apps.signin.services import (
    account_locks,
    account_unlocks,
    factor_resets,
    session_endings,
)
from apps.staffing.models import StaffInvitation
from apps.staffing.services import appointments
from tests import factories
from tests.people.base_act_scenario import ActScenario, yesterday


class LockAccount(ActScenario):
    names = ("担任の先生",)
    n_confirmers = 2  # the principal and the privacy officer

    def save(self, client):
        user = self.cast.homeroom.user
        return client.post(reverse("admin:people_user_lock", args=[user.pk]))

    def work(self):
        account_locks.apply_locks()

    def is_done(self):
        user = self.cast.homeroom.user
        page = self.sign_in(user).get(reverse("admin:index"))  # signed in before or after: out
        locked = not User.objects.get(pk=user.pk).is_active
        assert (page.status_code == 200) == (not locked)
        return locked


class Posts(ActScenario):
    """The city's officer about the nurse's post."""

    names = ("保健室の先生(養護教諭)",)
    n_confirmers = 2  # the principal and the privacy officer

    def work(self):
        appointments.apply_post_acts()

    def nurse(self):
        return StaffPost.objects.get(pk=self.cast.nurse.pk)


class Appoint(Posts):
    names = ("新しい 先生(養護教諭)", "new@school.example")

    def save(self, client):
        facts = {
            "name": "新しい 先生", "mail": "new@school.example", "role": "nurse",
            "school": self.cast.school.pk,
        }  # fmt: skip
        return client.post(reverse("admin:people_staffpost_appoint"), facts)

    def is_done(self):
        return StaffInvitation.objects.filter(mail="new@school.example").exists()


class ChangePost(Posts):
    def save(self, client):
        url = reverse("admin:people_staffpost_edit", args=[self.cast.nurse.pk])
        return client.post(url, {"role": "counsellor", "begins_on": self.nurse().begins_on})

    def is_done(self):
        return self.nurse().role == Role.COUNSELLOR


class EndPost(Posts):
    def save(self, client):
        return client.post(reverse("admin:people_staffpost_end", args=[self.cast.nurse.pk]))

    def is_done(self):
        page = self.sign_in(self.cast.nurse.user).get(reverse("admin:index"))
        is_ended = self.nurse().ended_at is not None
        assert (page.status_code == 200) == (not is_ended)
        return is_ended


class RestorePost(Posts):
    def __init__(self, *args):
        super().__init__(*args)
        StaffPost.objects.filter(pk=self.cast.nurse.pk).update(
            ended_at=timezone.now(), ends_on=yesterday()
        )

    def save(self, client):
        return client.post(reverse("admin:people_staffpost_restore", args=[self.cast.nurse.pk]))

    def is_done(self):
        return self.nurse().ended_at is None


class UnlockAccount(ActScenario):
    """The nurse's account was locked, and somebody confirmed that."""

    names = ("保健室の先生",)
    n_confirmers = 3  # the city's two officers and the privacy officer

    def __init__(self, *args):
        super().__init__(*args)
        self.first = self.cast.helpdesk.user
        self.same_role = factories.staff_post(
            Role.HELPDESK, of=self.cast.city, name="もう一人"
        ).user
        User.objects.filter(pk=self.cast.nurse.user_id).update(is_active=False)

    def save(self, client):
        return client.post(reverse("admin:people_user_unlock", args=[self.cast.nurse.user_id]))

    def work(self):
        account_unlocks.apply_unlocks()

    def is_done(self):
        user = User.objects.get(pk=self.cast.nurse.user_id)
        has_factor = Authenticator.objects.filter(user=user).exists()
        assert has_factor == (not user.is_active)
        return user.is_active


class ResetFactor(ActScenario):
    """The homeroom teacher has lost the telephone with the authenticator app."""

    names = ("担任の先生", "登録しなおす")
    n_confirmers = 1  # the privacy officer: somebody from outside the school

    def save(self, client):
        user = self.cast.homeroom.user
        return client.post(reverse("admin:people_user_reset_factor", args=[user.pk]))

    def work(self):
        factor_resets.apply_factor_resets()

    def is_done(self):
        return not Authenticator.objects.filter(user=self.cast.homeroom.user).exists()


class EndSessions(ActScenario):
    """Everybody of a school signs in again."""

    n_confirmers = 2  # the privacy officer and the principal

    def __init__(self, *args):
        super().__init__(*args)
        self.sign_in(self.cast.sakura.user)
        self.epoch = self.cast.sakura.user.session_epoch

    def save(self, client):
        return client.post(reverse("admin:signin_sessions_place", args=[self.cast.school.pk]))

    def work(self):
        session_endings.apply_agreed_endings()

    def is_done(self):
        return User.objects.get(pk=self.cast.sakura.user_id).session_epoch > self.epoch
