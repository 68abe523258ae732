"""Every rule by which another person must act: how it begins, and what the second one does."""

from apps.people.models import Guardian, Role, User
from apps.signin import services as signin
from apps.signin.models import GuardianArrival
from tests import factories


def again(post):
    """The account of this post as their next request reads it: nothing is remembered."""
    return User.objects.get(pk=post.user_id)


class Rule:
    """One rule. ``role`` and ``at_school`` say from which post the second person acts.

    ``begin`` returns the StaffPost of the first person; ``act`` raises ``refusal`` where refused.
    """

    role, at_school, refusal = Role.PRINCIPAL, True, Exception

    def __init__(self, cast):
        self.cast = cast

    def begin(self):
        raise NotImplementedError

    def act(self, user):
        raise NotImplementedError

    def is_listed(self, user):
        """Whether a page asks this person for their word; None where none lists it."""
        return None

    def is_done(self):
        raise NotImplementedError

    def someone_else(self):
        """A post of somebody who may be the second person."""
        return factories.post(self.role, self.cast.school if self.at_school else None,
                              of=self.cast.city, name="ほかの人")  # fmt: skip

    def twin_of(self, first):
        """A post of the first person's other account, in the second person's role."""
        return factories.second_account(first, self.role,
                                        at=self.cast.school if self.at_school else None)  # fmt: skip


class ArrivalByPrinter(Rule):
    """Who printed a letter does not say that its guardian came."""

    role, refusal = Role.COUNSELLOR, signin.CannotConfirm
    tells_others = True

    def begin(self):
        cast = self.cast
        self.guardian = Guardian.objects.create(
            municipality=cast.city, source_id="g-2", family_name="加賀", given_name="ひかる"
        )
        factories.tie(self.guardian, cast.sakura)
        sheet = signin.print_letters(
            [self.guardian], school_class=cast.class_1, by=cast.office.user
        )
        code = signin.codes_on(sheet, by=cast.office.user)[0].code
        self.account = factories.user("hikaru@example.com")
        signin.accept_invitation(code, self.account, tells_others=self.tells_others)
        return cast.office

    def act(self, user):
        arrival = GuardianArrival.objects.get(guardian=self.guardian)
        signin.confirm_arrival(arrival, by=user, seen=signin.seen_of(arrival, user),
                               kind="meeting")  # fmt: skip

    def is_listed(self, user):
        return bool(signin.arrivals_waiting_for(user))

    def is_done(self):
        return Guardian.objects.get(pk=self.guardian.pk).user_id == self.account.pk


class ArrivalByFirstConfirmer(ArrivalByPrinter):
    """Where two must say that a guardian came, they are two people."""

    tells_others = False

    def begin(self):
        super().begin()
        self.act(self.cast.nurse.user)
        return self.cast.nurse


class ArrivalOfOneself(ArrivalByPrinter):
    """Who came as a guardian and works at the school too does not let themselves in."""

    def begin(self):
        super().begin()
        post = factories.post(Role.TEACHER, self.cast.school, name="ひかる")
        GuardianArrival.objects.update(user=post.user)
        self.account = post.user
        return post


RULES = [ArrivalByPrinter, ArrivalByFirstConfirmer, ArrivalOfOneself]
