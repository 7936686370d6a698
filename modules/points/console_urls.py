"""The pages below /console/modules/points/."""

from django.urls import path

from modules.points import console

app_name = "points"
urlpatterns = [
    path("", console.listing, name="list"),
    path("new/", console.new, name="new"),
    path("demo/", console.seed_demo, name="seed_demo"),
    path("<int:pk>/", console.prize, name="prize"),
    path("<int:pk>/edit/", console.edit, name="edit"),
    path("<int:pk>/delete/", console.delete, name="delete"),
    path("grants/<int:pk>/resend/", console.resend, name="resend"),
]
