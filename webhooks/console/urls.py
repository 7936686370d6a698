"""The console's addresses, below /console/."""

from django.urls import path

from webhooks.console import accounts, deliveries, document, endpoints, home, notices, session, tokens

app_name = "console"
urlpatterns = [
    path("", home.home, name="home"),
    path("language/", session.language, name="language"),
    path("account/", session.account_switch, name="account_switch"),
    # API > Webhook
    path("webhooks/", endpoints.listing, name="webhooks"),
    # Deliveries
    path("deliveries/", deliveries.log, name="deliveries"),
    # API token
    path("tokens/", tokens.listing, name="tokens"),
    # Technical document
    path("docs/", document.document, name="document"),
    # Notices
    path("notices/", notices.listing, name="notices"),
    # Customer support
    path("accounts/", accounts.listing, name="accounts"),
]
