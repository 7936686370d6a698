"""The API below /api/v1/modules/points/ and the pages below /console/modules/points/."""

from django.urls import path

from modules.points import api, grant_api, pages
from rest.base.views import Router

router = Router()
router.register("prizes", api.PrizeViewSet)
router.register("grants", grant_api.GrantViewSet)
api_urlpatterns = router.urls

app_name = "points"
urlpatterns = [
    path("", pages.listing, name="list"),
    path("new/", pages.new, name="new"),
    path("demo/", pages.seed_demo, name="seed_demo"),
    path("<int:pk>/", pages.prize, name="prize"),
    path("<int:pk>/edit/", pages.edit, name="edit"),
    path("<int:pk>/delete/", pages.delete, name="delete"),
    path("grants/<int:pk>/resend/", pages.resend, name="resend"),
]
