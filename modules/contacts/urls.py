"""The API below /api/v1/modules/contacts/ and the pages below /console/modules/contacts/."""

from django.urls import path

from modules.contacts import api, pages
from rest.base.views import Router

router = Router()
router.register("", api.ContactViewSet)
router.register("imports", api.ImportViewSet)
api_urlpatterns = router.urls

app_name = "contacts"
urlpatterns = [
    path("", pages.listing, name="list"),
    path("new/", pages.new, name="new"),
    path("demo/", pages.seed_demo, name="seed_demo"),
    path("export/", pages.export_csv, name="export"),
    path("import/", pages.import_csv, name="import"),
    path("imports/<int:pk>/", pages.import_page, name="import_page"),
    path("imports/<int:pk>/progress/", pages.import_progress, name="import_progress"),
    path("<int:pk>/", pages.contact, name="contact"),
    path("<int:pk>/delete/", pages.delete, name="delete"),
]
