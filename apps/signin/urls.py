from django.urls import path

from apps.signin.views import (
    cards,
    lti,
    lti_links,
    myna,
    passkeys,
    school_accounts,
    sessions,
    sign_out,
)

app_name = "signin"
urlpatterns = [
    path("card/", cards.card_entry, name="card_entry"),
    path("card/pin/", cards.pin, name="pin"),
    path("card/again/", cards.prove, name="prove"),
    path("card/change/", cards.change_pin, name="change_pin"),
    path("c/", cards.card_entry, name="card"),  # printed as /c/#CODE
    path("lti/begin/", lti.begin, name="lti_begin"),
    path("lti/launch/", lti.launch, name="lti_launch"),
    path("lti/keys/", lti_links.key_set, name="lti_keys"),
    path("lti/links/", lti_links.choose, name="lti_links"),
    path("school-account/", school_accounts.choose, name="school_accounts"),
    path("school-account/own/", school_accounts.own, name="own_school_account"),
    path("school-account/own/end/", school_accounts.end_own, name="end_school_account"),
    path("school-account/<uuid:pk>/", school_accounts.begin, name="school_account"),
    path("school-account/<uuid:pk>/link/", school_accounts.link, name="link_school_account"),
    path(
        "school-account/<uuid:pk>/return/", school_accounts.come_back, name="school_account_return"
    ),
    path("sessions/", sessions.session_list, name="sessions"),
    path("sessions/left/", sessions.seconds_left, name="session_left"),
    path("sessions/others/end/", sessions.end_others, name="end_others"),
    path("sessions/<uuid:pk>/end/", sessions.end_session, name="end_session"),
    path("my-number-card/", myna.overview, name="myna"),
    path("my-number-card/end/", myna.unlink, name="unlink_myna"),
    path("my-number-card/<uuid:pk>/", myna.begin, name="myna_begin"),
    path("my-number-card/<uuid:pk>/link/", myna.link, name="link_myna"),
    path("my-number-card/<uuid:pk>/return/", myna.come_back, name="myna_return"),
    path("passkey/", passkeys.sign_in, name="passkey"),
    path("passkey/later/", passkeys.later, name="passkey_later"),
    path("leave/", sign_out.leave, name="leave"),
    path("leave/proved/", sign_out.leave_proved, name="leave_proved"),
]
