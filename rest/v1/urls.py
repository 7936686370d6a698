"""The paths of /api/v1/."""

from django.urls import path

from rest.base.views import Router
from rest.v1 import (
    account,
    bulk_redelivery,
    callback,
    checks,
    endpoints,
    event_list,
    events,
    faults,
    notices,
    publish,
    sandboxes,
    support,
)  # fmt: skip

router = Router()
router.register("accounts", sandboxes.SandboxViewSet)
router.register("audit", account.AuditViewSet)
router.register("endpoints", endpoints.EndpointViewSet)
router.register("events", events.EventViewSet)
router.register("deliveries", events.DeliveryViewSet)
router.register("checks", checks.CheckViewSet)
router.register("notices", notices.NoticeViewSet)

urlpatterns = [
    path("account/", account.AccountView.as_view()),
    path("event-types/", account.EventTypesView.as_view()),
    path("endpoints/<int:endpoint_id>/test/", events.SendTestView.as_view()),
    path(
        "endpoints/<int:endpoint_id>/faults/",
        faults.FaultViewSet.as_view({"get": "list", "post": "create", "delete": "clear"}),
    ),
    path("faults/<int:fault_id>/", faults.FaultViewSet.as_view({"delete": "destroy"})),
    path("events/", event_list.EventsView.as_view()),
    path("events/batch/", publish.EventBatchView.as_view()),
    path("deliveries/redeliver/", bulk_redelivery.RedeliverFoundView.as_view()),
    path("callback/", callback.CallbackView.as_view()),
    path("callback/test/", callback.CallbackTestView.as_view()),
    path("callback/check/", callback.CallbackCheckView.as_view()),
    path("support/accounts/", support.AccountsView.as_view()),
    path("support/accounts/<int:account_id>/", support.AccountView.as_view()),
    path("support/accounts/<int:account_id>/licences/", support.LicencesView.as_view()),
    path("support/accounts/<int:account_id>/licences/<int:licence_id>/", support.LicenceView.as_view()),
    path("support/accounts/<int:account_id>/licences/<int:licence_id>/end/", support.EndLicenceView.as_view()),
    path("explain/", checks.ExplainView.as_view()),
    *router.urls,
]
