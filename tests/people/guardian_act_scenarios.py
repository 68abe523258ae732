"""Scenarios of acts about guardians, letters and cards."""

from django.urls import reverse

from apps.consent.services.purpose_status import is_effective
from apps.people.models import (
    Guardian,
    Guardianship,
    GuardianStanding,
    Role,
    StaffPost,
    User,
)
from apps.registration.models import InvitationLetter
from apps.registration.services import code_renewals, guardian_renames, print_runs, revocations
from apps.signin.services import (
    access_recovery,
    cards,
)
from apps.vault.models import SubjectKey
from tests import factories
from tests.people.base_act_scenario import ATTENDANCE, ActScenario, yesterday
from tests.registration.confirmation_helpers import come, confirm, letter_of


class RestoreAccess(ActScenario):
    """A guardian has lost her mail; the office has met her."""

    names = ("new@mail.example",)
    n_confirmers = 3  # the city's two officers and the privacy officer

    def __init__(self, *args):
        super().__init__(*args)
        self.first = self.cast.office.user
        self.same_role = factories.staff_post(
            Role.OFFICE, self.cast.school, name="もう一人の事務"
        ).user

    def save(self, client):
        user = self.cast.midori.user
        page = reverse("admin:people_user_restore", args=[user.pk])
        return client.post(page, {"address": "new@mail.example"})

    def work(self):
        access_recovery.apply_recoveries()

    def is_done(self):
        return User.objects.get(pk=self.cast.midori.user_id).email == "new@mail.example"


class KeepGuardianOut(ActScenario):
    """Sakura's guardian, kept out by the school's lead."""

    names = ("みどり", "さくら", "この子どもが画面から消えます")
    n_confirmers = 3  # the city's two officers and the privacy officer

    def __init__(self, *args):
        super().__init__(*args)
        self.first = self.cast.principal.user
        self.same_role = factories.staff_post(
            Role.PRINCIPAL, self.cast.school, name="教頭先生"
        ).user
        self.guardianship = self.cast.midori.guardianships.get()

    def save(self, client):
        page = reverse("admin:people_guardianship_standing", args=[self.guardianship.pk])
        return client.post(page, {"why": self.why, "document_number": "教学 第12号"})

    why = "support"

    def is_done(self):
        gone = self.sign_in(self.cast.midori.user).get(
            reverse("consent:overview", args=[self.cast.sakura.pk])
        )
        kept_out = gone.status_code == 404
        assert kept_out == (not is_effective(self.cast.sakura, ATTENDANCE))
        assert SubjectKey.objects.filter(student=self.cast.sakura, purpose=ATTENDANCE).exists()
        return kept_out


class LetGuardianIn(KeepGuardianOut):
    names = ("みどり", "さくら", "もとにもどる連携")
    why = "over"

    def __init__(self, *args):
        super().__init__(*args)
        Guardianship.objects.filter(pk=self.guardianship.pk).update(
            standing=GuardianStanding.KEPT_OUT
        )
        self.work()

    def is_done(self):
        return not super().is_done()


class LetGuardianDecide(KeepGuardianOut):
    """Sakura's guardian, informed only, is to decide by a document."""

    names = ("みどり", "さくら", "あらためてたずねる連携")

    def __init__(self, *args):
        super().__init__(*args)
        Guardianship.objects.filter(pk=self.guardianship.pk).update(
            standing=GuardianStanding.INFORMED
        )

    def save(self, client):
        page = reverse("admin:people_guardianship_decide", args=[self.guardianship.pk])
        return client.post(page, {"why": "custody", "document_number": "教学 第12号"})

    def is_done(self):
        return Guardianship.objects.deciding().filter(pk=self.guardianship.pk).exists()


class StopGuardianDeciding(KeepGuardianOut):
    """Sakura's guardian decides no more, by a document, and is only informed."""

    names = ("みどり", "さくら", "前の返事は、同意も不同意も数えません")

    def save(self, client):
        page = reverse("admin:people_guardianship_inform", args=[self.guardianship.pk])
        return client.post(page, {"why": "custody", "document_number": "教学 第12号"})

    def is_done(self):
        informed = Guardianship.objects.current().filter(pk=self.guardianship.pk)
        lowered = informed.filter(standing=GuardianStanding.INFORMED).exists()
        assert lowered == (not is_effective(self.cast.sakura, ATTENDANCE))
        assert SubjectKey.objects.filter(student=self.cast.sakura, purpose=ATTENDANCE).exists()
        return lowered


class RenameGuardian(ActScenario):
    """A mother who came by a letter wrote her name wrong; she decides."""

    names = ("加賀美 ひかり",)
    n_confirmers = 3  # the city's two officers and the privacy officer

    def __init__(self, *args):
        super().__init__(*args)
        cast = self.cast
        self.first = cast.principal.user
        self.same_role = factories.staff_post(Role.PRINCIPAL, cast.school, name="教頭先生").user
        self.registration = come(letter_of(cast.ren, by=cast.office.user), "hikaru@mail.example")
        confirm(self.registration, cast.nurse.user)

    def save(self, client):
        page = reverse("admin:registration_rename_guardian", args=[self.registration.pk])
        return client.post(page, {
            "family_name": "加賀美", "given_name": "ひかり", "family_kana": "カガミ",
            "given_kana": "ヒカリ",
        })  # fmt: skip

    def work(self):
        guardian_renames.follow_renamings()

    def is_done(self):
        return Guardian.objects.get(pk=self.registration.guardian_id).family_name == "加賀美"


class EndGuardianship(KeepGuardianOut):
    """Sakura's guardian is hers no more."""

    names = ("みどり", "さくら", "名簿がこの人を保護者としていても、もどりません")

    def save(self, client):
        page = reverse("admin:people_guardianship_end", args=[self.guardianship.pk])
        return client.post(page, {"end_reason": "moved"})


class RenewCards(ActScenario):
    """The cards of a class, asked by its teacher."""

    n_confirmers = 3  # the principal, the office and the city's officer

    def __init__(self, *args):
        super().__init__(*args)
        pupils = [self.cast.sakura, factories.student(self.cast.class_1, "あおい", number=2)]
        self.names = [pupil.full_name for pupil in pupils]
        self.people = [str(pupil.pk) for pupil in pupils]
        self.codes = [code for _, code in cards.issue_cards(pupils, by=None)]
        self.first, self.second = self.cast.homeroom.user, self.cast.principal.user
        self.same_role = factories.staff_post(
            Role.HOMEROOM, self.cast.school, in_class=self.cast.class_1, name="副担任"
        ).user
        StaffPost.objects.filter(user__staff_posts__name="もう一人").update(
            ends_on=yesterday(), begins_on=None
        )

    def save(self, client):
        page = reverse("admin:registration_cards", args=[self.cast.class_1.pk])
        return client.post(page, {"person": self.people, "verb": "renew"})

    def work(self):
        code_renewals.apply_renewals()

    def is_done(self):
        (ended,) = {cards.find_card(code) is None for code in self.codes}
        return ended


class RevokeLetters(ActScenario):
    """A box of letters was stolen."""

    names = ("1年1組", "使えなくなる手紙")
    n_confirmers = 3  # the city's two officers and the privacy officer

    def __init__(self, *args):
        super().__init__(*args)
        self.first, self.second = self.cast.principal.user, self.cast.officer.user
        self.same_role = factories.staff_post(
            Role.PRINCIPAL, self.cast.school, name="教頭先生"
        ).user
        print_run = print_runs.print_letters(
            [self.cast.sakura], school_class=self.cast.class_1, by=self.cast.office.user
        )
        self.sheet = print_run

    def save(self, client):
        return client.post(reverse("admin:registration_sheet_revoke", args=[self.sheet.pk]))

    def work(self):
        revocations.apply_revocations()

    def is_done(self):
        self.sheet.refresh_from_db()
        works = InvitationLetter.objects.usable().filter(student=self.cast.sakura).exists()
        assert works == (self.sheet.revoked_at is None)
        return not works
