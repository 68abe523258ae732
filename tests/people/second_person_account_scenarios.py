"""Locks, endings and factors of accounts, and first PINs: each needs a second person."""

from apps.audit.models import Action, AuditEvent
from apps.people.models import PendingAct, Role, User
from apps.people.services import pending_acts
from apps.signin.services import account_locks, cards, factor_resets, first_pins, session_endings
from tests.people.second_person_scenario import SecondPersonScenario


class LockOfOneself(SecondPersonScenario):
    """Nobody locks an account of their own."""

    role, at_school, refusal = Role.CITY, False, pending_acts.CannotAct

    def begin(self):
        return self.cast.homeroom

    def act(self, user):
        account = User.objects.get(pk=self.cast.homeroom.user_id)
        account_locks.lock_account(account, by=user, reason="なくした端末のため")

    def is_listed(self, user):
        return (
            account_locks.accounts_lockable_by(user).filter(pk=self.cast.homeroom.user_id).exists()
        )

    def is_done(self):
        return not User.objects.get(pk=self.cast.homeroom.user_id).is_active


class EndingOfOneself(LockOfOneself):
    """Nobody ends the sign-ins of an account of their own as somebody else's."""

    role, refusal = Role.HELPDESK, LookupError

    def act(self, user):
        person = session_endings.person_endable_by(user, self.cast.homeroom.user_id)
        if person is None:
            raise LookupError
        session_endings.end_sessions_of(person, by=user, reason="asked")

    def is_listed(self, user):
        found = session_endings.posts_endable_by(user)
        return found.filter(user=self.cast.homeroom.user_id).exists()

    def is_done(self):
        return AuditEvent.objects.filter(action=Action.SESSIONS_ENDED).exists()


class FactorOfOneself(LockOfOneself):
    """Nobody begins to take the second factor off an account of their own."""

    role = Role.HELPDESK

    def act(self, user):
        account = User.objects.get(pk=self.cast.homeroom.user_id)
        factor_resets.propose_reset(account, by=user, reason="電話をなくしたため")

    def is_listed(self, user):
        found = factor_resets.accounts_resettable_by(user)
        return found.filter(pk=self.cast.homeroom.user_id).exists()

    def is_done(self):
        return PendingAct.objects.exists()


class FirstPinByPrinter(SecondPersonScenario):
    """Who printed a student's card does not say that the student chose the PIN."""

    role, refusal = Role.COUNSELLOR, AssertionError

    def begin(self):
        cast = self.cast
        ((_, code),) = cards.issue_cards([cast.sakura], by=cast.homeroom.user)
        cards.set_first_pin(code, "7305")
        return cast.homeroom

    def act(self, user):
        (waiting,) = first_pins.first_pins_of(user, self.cast.class_1)
        assert first_pins.confirm_first_pins([waiting.tick], by=user).done

    def is_listed(self, user):
        return any(not each.why_not for each in first_pins.first_pins_of(user, self.cast.class_1))

    def is_done(self):
        self.cast.sakura.refresh_from_db()
        return self.cast.sakura.pin_reset_confirmed_at is not None
