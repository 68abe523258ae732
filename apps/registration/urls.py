from django.urls import path

from apps.registration.views import guardianships, letters, newcomer_statements

app_name = "registration"
urlpatterns = [
    path("letter/", letters.letter_entry, name="letter_entry"),
    path("letter/welcome/", letters.letter_welcome, name="letter_welcome"),
    path("letter/accept/", letters.accept_letter, name="accept_letter"),
    path("g/", letters.letter_entry, name="letter"),  # printed as /g/#CODE
    path(
        "guardianships/<uuid:student_id>/statement/",
        newcomer_statements.newcomer_statement,
        name="own_statement",
    ),
    path(
        "guardianships/<uuid:student_id>/statement/correct/",
        newcomer_statements.correct_statement,
        name="correct_own_statement",
    ),
    path("family/", guardianships.my_guardians, name="my_guardians"),
    path("guardianships/", guardianships.guardianship_list, name="own_guardianships"),
    path(
        "guardianships/<uuid:student_id>/end/",
        guardianships.ask_end_guardianship,
        name="ask_end_guardianship",
    ),
    path(
        "guardianships/<uuid:student_id>/end/now/",
        guardianships.end_guardianship,
        name="end_guardianship",
    ),
    path(
        "guardianships/<uuid:student_id>/unknown/<uuid:registration_id>/",
        guardianships.object_to_registration,
        name="object_to_registration",
    ),
]
