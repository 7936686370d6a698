"""The pages below /console/modules/receipts/."""

from django.urls import path

from modules.receipts import console

app_name = "receipts"
urlpatterns = [
    path("", console.listing, name="list"),
    path("new/", console.new, name="new"),
    path("demo/", console.seed_demo, name="seed_demo"),
    path("<int:pk>/", console.campaign, name="campaign"),
    path("<int:pk>/edit/", console.edit, name="edit"),
    path("<int:pk>/delete/", console.delete, name="delete"),
    path("<int:pk>/generate/", console.generate, name="generate"),
    path("uploads/<int:pk>/", console.upload, name="upload"),
]
