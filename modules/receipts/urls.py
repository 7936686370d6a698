"""The API below /api/v1/modules/receipts/ and the pages below /console/modules/receipts/."""

from django.urls import path

from modules.receipts import api, pages, upload_api
from rest.base.views import Router

router = Router()
router.register("campaigns", api.CampaignViewSet)
router.register("uploads", upload_api.UploadViewSet)
api_urlpatterns = router.urls

app_name = "receipts"
urlpatterns = [
    path("", pages.listing, name="list"),
    path("new/", pages.new, name="new"),
    path("demo/", pages.seed_demo, name="seed_demo"),
    path("<int:pk>/", pages.campaign, name="campaign"),
    path("<int:pk>/edit/", pages.edit, name="edit"),
    path("<int:pk>/delete/", pages.delete, name="delete"),
    path("<int:pk>/generate/", pages.generate, name="generate"),
    path("uploads/<int:pk>/", pages.upload, name="upload"),
]
