"""URLs of the console, below /console/."""

from django.urls import path

from console import document, find, home, log_in, notices, session
from console.accounts import audit, licences, pages, people, tokens
from console.deliveries import bulk_redelivery, delivery, log, saved_filters
from console.events import log as events
from console.events import publish
from console.tools import check, explain
from console.webhooks import callback, details, endpoints, faults, send_test

app_name = "console"
urlpatterns = [
    path("", home.home, name="home"),
    path("live/", home.live, name="home_live"),
    path("login/", log_in.LogIn.as_view(), name="log_in"),
    path("logout/", log_in.LogOut.as_view(), name="log_out"),
    path("password_change/", log_in.PasswordChange.as_view(), name="password_change"),
    path("password_change/done/", log_in.PasswordChangeDone.as_view(), name="password_change_done"),
    path("language/", session.language, name="language"),
    path("account/", session.account_switch, name="account_switch"),
    # API > Webhook
    path("webhooks/", endpoints.listing, name="webhooks"),
    path("webhooks/new/", endpoints.create, name="webhook_new"),
    path("webhooks/<int:pk>/", details.details, name="webhook"),
    path("webhooks/<int:pk>/edit/", endpoints.edit, name="webhook_edit"),
    path("webhooks/<int:pk>/pause/", endpoints.pause, name="webhook_pause"),
    path("webhooks/<int:pk>/resume/", endpoints.resume, name="webhook_resume"),
    path("webhooks/<int:pk>/delete/", endpoints.delete, name="webhook_delete"),
    path("webhooks/<int:pk>/secret/", details.secret, name="webhook_secret"),
    path("webhooks/<int:pk>/rotate/", details.rotate, name="webhook_rotate"),
    # Send test
    path("webhooks/<int:pk>/test/", send_test.webhook_test, name="webhook_test"),
    path("webhooks/<int:pk>/test/check/", send_test.check, name="webhook_test_check"),
    path("webhooks/<int:pk>/test/<int:delivery_pk>/", send_test.result, name="webhook_test_result"),
    # Injected faults
    path("webhooks/<int:pk>/faults/new/", faults.new, name="fault_new"),
    path("webhooks/<int:pk>/faults/clear/", faults.clear, name="faults_clear"),
    path("faults/<int:pk>/remove/", faults.remove, name="fault_remove"),
    # Find anything
    path("find/", find.find, name="find"),
    # Events
    path("events/", events.log, name="events"),
    path("events/new/", publish.new, name="event_new"),
    path("events/check/", publish.check, name="event_check"),
    path("events/all/", publish.publish_all, name="event_all"),
    path("events/<int:pk>/", events.event, name="event"),
    # API > Binding callback
    path("callback/", callback.settings_page, name="callback"),
    path("callback/test/", callback.test, name="callback_test"),
    path("callback/check/", callback.check, name="callback_check"),
    path("callback/remove/", callback.remove, name="callback_remove"),
    # Deliveries
    path("deliveries/", log.log, name="deliveries"),
    path("deliveries/live/", log.live, name="deliveries_live"),
    path("deliveries/more/", log.more, name="deliveries_more"),
    path("deliveries/chart/", log.chart, name="deliveries_chart"),
    path("deliveries/redeliver/", bulk_redelivery.redeliver_found, name="deliveries_redeliver"),
    path("deliveries/filters/", saved_filters.save, name="filter_save"),
    path("deliveries/filters/<int:pk>/remove/", saved_filters.remove, name="filter_remove"),
    path("deliveries/redeliver-selected/", bulk_redelivery.redeliver_selected, name="deliveries_redeliver_selected"),
    path("deliveries/<int:pk>/", delivery.delivery, name="delivery"),
    path("deliveries/<int:pk>/redeliver/", delivery.send_again, name="delivery_redeliver"),
    # API token
    path("tokens/", tokens.listing, name="tokens"),
    path("tokens/<int:pk>/revoke/", tokens.revoke, name="token_revoke"),
    # Tools
    path("tools/check/", check.listing, name="checks"),
    path("tools/check/<int:pk>/", check.details, name="check"),
    path("tools/check/<int:pk>/live/", check.live, name="check_live"),
    path("tools/check/<int:pk>/probes/<str:name>/", check.probe, name="check_probe"),
    path("tools/check/<int:pk>/report.json", check.report, {"form": "json"}, name="check_json"),
    path("tools/check/<int:pk>/report.xml", check.report, {"form": "xml"}, name="check_junit"),
    path("tools/check/<int:pk>/report.html", check.report, {"form": "html"}, name="check_html"),
    path("tools/explain/", explain.explain, name="explain"),
    # Technical document
    path("docs/", document.document, name="document"),
    path("docs/<str:topic>.schema.json", document.schema, name="document_schema"),
    # Notices
    path("notices/", notices.listing, name="notices"),
    path("notices/read/", notices.read_all, name="notices_read"),
    path("notices/<int:pk>/read/", notices.read, name="notice_read"),
    # The account
    path("account-info/", pages.info, name="account_info"),
    path("audit/", audit.log, name="audit"),
    # Customer support
    path("accounts/", pages.listing, name="accounts"),
    path("accounts/new/", pages.new, name="account_new"),
    path("accounts/<int:pk>/", pages.account, name="account"),
    path("accounts/<int:pk>/edit/", pages.edit, name="account_edit"),
    path("accounts/<int:pk>/zone/", licences.zone, name="licence_zone"),
    path("accounts/<int:pk>/add-on/", licences.add_on, name="licence_add_on"),
    path("accounts/<int:pk>/licences/<int:licence_pk>/", licences.change, name="licence_change"),
    path("accounts/<int:pk>/licences/<int:licence_pk>/end/", licences.end, name="licence_end"),
    path("accounts/<int:pk>/people/", people.add, name="person_add"),
    path("accounts/<int:pk>/people/<int:user_pk>/remove/", people.remove, name="person_remove"),
    path("accounts/<int:pk>/people/<int:user_pk>/password/", people.password, name="person_password"),
]
