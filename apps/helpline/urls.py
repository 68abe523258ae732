"""Addresses of this room."""

app_name = "helpline"
urlpatterns = []
