"""The API below /api/v1/modules/points/ and the pages below /console/modules/points/."""

from django.urls import path

from modules.points import api, grant_api, pages, voucher_api, voucher_pages
from rest.base.views import Router

router = Router()
router.register("prizes", api.PrizeViewSet)
router.register("grants", grant_api.GrantViewSet)
api_urlpatterns = [
    path("vouchers/", voucher_api.VouchersView.as_view()),
    path("vouchers/<int:voucher_id>/", voucher_api.VoucherView.as_view()),
    path("balances/<str:line_uid>/", voucher_api.BalanceView.as_view()),
    *router.urls,
]

app_name = "points"
urlpatterns = [
    path("", pages.listing, name="list"),
    path("new/", pages.new, name="new"),
    path("demo/", pages.seed_demo, name="seed_demo"),
    path("<int:pk>/", pages.prize, name="prize"),
    path("<int:pk>/edit/", pages.edit, name="edit"),
    path("<int:pk>/delete/", pages.delete, name="delete"),
    path("vouchers/", voucher_pages.listing, name="vouchers"),
    path("vouchers/<int:pk>/block/", voucher_pages.block, name="voucher_block"),
    path("grants/<int:pk>/resend/", pages.resend, name="resend"),
]
