"""The pages below /console/modules/contacts/."""

from django.urls import path

from modules.contacts import console

app_name = "contacts"
urlpatterns = [
    path("", console.listing, name="list"),
    path("new/", console.new, name="new"),
    path("demo/", console.seed_demo, name="seed_demo"),
    path("export/", console.export_csv, name="export"),
    path("import/", console.import_csv, name="import"),
    path("imports/<int:pk>/", console.import_page, name="import_page"),
    path("imports/<int:pk>/progress/", console.import_progress, name="import_progress"),
    path("<int:pk>/", console.contact, name="contact"),
    path("<int:pk>/delete/", console.delete, name="delete"),
]
