"""The calls below /api/v1/modules/points/."""

from django.urls import path

from modules.points import api, grant_api

urlpatterns = [
    path("prizes/", api.PrizesView.as_view()),
    path("prizes/<int:prize_id>/", api.PrizeView.as_view()),
    path("grants/", grant_api.GrantsView.as_view()),
    path("grants/<int:grant_id>/", grant_api.GrantView.as_view()),
    path("grants/<int:grant_id>/resend/", grant_api.ResendView.as_view()),
]
