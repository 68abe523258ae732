"""What every scenario of a second person says."""

from apps.people.models import Role, User
from tests import factories


def again(post):
    """The account of this post as read by its next request: nothing cached."""
    return User.objects.get(pk=post.user_id)


class SecondPersonScenario:
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
        return factories.staff_post(self.role, self.cast.school if self.at_school else None,
                              of=self.cast.city, name="ほかの人")  # fmt: skip

    def twin_of(self, first):
        """A post of the first person's other account, in the second person's role."""
        return factories.second_account(first, self.role,
                                        at=self.cast.school if self.at_school else None)  # fmt: skip
