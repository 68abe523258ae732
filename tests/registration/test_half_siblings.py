"""Half-siblings: who is kept out from one child learns nothing of them by the other's letter."""

from django.test import Client
from django.urls import reverse

from apps.people.models import Guardian, Guardianship
from apps.people.permissions import visible_students
from apps.registration.confirmation_rules import requires_lead
from apps.registration.services import letters
from apps.registration.services.registrations import load_context
from tests import factories
from tests.registration.confirmation_helpers import come, confirm, letter_of
from tests.registration.letter_helpers import child_letter, come_in, scan
from tests.registration.test_kept_out_people import again, keep_out


def half_sibling(cast):
    """B, at another school, with さくら's mother."""
    school = factories.school(cast.city, "C117220600077", "はなれた中学校(架空)")
    of_class = factories.school_class(school, "1年1組")
    child = factories.student(of_class, "いもうと", number=5, local_code="5005")
    factories.guardianship(cast.midori, child)
    return child


def test_a_guardians_letter_names_no_school_but_its_own(cast, sign_in):
    sibling = half_sibling(cast)
    row = Guardian.objects.create(
        municipality=cast.city, source_id="g-half", family_name="加賀", given_name="はは"
    )
    for child in (cast.sakura, sibling):
        factories.guardianship(row, child)
    for of_class, shown, other in (
        (sibling.home_class, sibling.school.name, cast.school.name),
        (None, cast.city.name, cast.school.name),
    ):
        ((_, code),) = letters.issue_guardian_letters(
            [row], by=cast.principal.user, school_class=of_class
        )
        for client in (Client(), sign_in(factories.user(f"x{bool(of_class)}@mail.example"))):
            page = scan(client, code).text
            assert shown in page
            assert other not in page
            assert cast.sakura.given_name not in page


def test_a_father_of_the_one_who_is_kept_out_from_the_other_learns_nothing(cast, sign_in):
    sibling = half_sibling(cast)
    keep_out(cast)
    letter, code = child_letter(sibling, cast.office.user)
    account = factories.user("father@mail.example")
    client = sign_in(account)
    welcome = scan(client, code)
    assert come_in(client, code).url == "/"  # B's own father: as anybody
    registration = letter.registrations.get()
    context = load_context(registration, again(cast.officer))
    assert (context.n_needed, requires_lead(context.facts)) == (2, True)
    assert not context.facts.is_kept_out
    # confirmed for B, every page is as that of a father of an only child
    Guardianship.objects.filter(guardian__user=account).update(
        standing="decides", is_unconfirmed=False
    )
    registration.state = "confirmed"
    assert set(visible_students(account)) == {sibling}
    texts = [welcome.text]
    for address in ("/", reverse("registration:own_guardianships")):
        texts.append(client.get(address).text)
    for name in ("consent:overview", "disclosure:personal_data", "disclosure:access_log"):
        texts.append(client.get(reverse(name, args=[sibling.pk])).text)
        assert client.get(reverse(name, args=[cast.sakura.pk])).status_code == 404
    for text in texts:
        for word in (cast.sakura.given_name, cast.school.name, "みどり"):
            assert word not in text, word
    # the mother registers A and agrees that others know: B's father reads of B's alone
    other = letter_of(cast.sakura, by=cast.office.user, code="PPPP2345QQQQ")
    aunt = come(other, "aunt@mail.example", relation="grandparent", given="おば")
    confirm(aunt, cast.nurse.user) if load_context(aunt, again(cast.nurse)).n_needed == 1 else None
    assert cast.sakura.given_name not in client.get("/").text


def test_another_father_of_the_half_sibling_is_confirmed_as_ever(cast):
    sibling = half_sibling(cast)
    keep_out(cast)
    letter = letter_of(sibling, by=cast.office.user)
    came = come(letter, "someone@mail.example", relation="father", given="べつ")
    assert not requires_lead(load_context(came, again(cast.officer)).facts)
