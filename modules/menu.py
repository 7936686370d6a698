"""The section *Modules* of the console's side menu, and which of MAAC's screens each module stands for."""

from django.utils.translation import gettext_lazy as _

from console.menu import Entry, Section

MODULES = Section(
    _("Modules"),
    (
        Entry(
            _("Contacts"),
            "contacts:list",
            "person",
            stands_for=_("Stands for MAAC's Contacts. Left out: chat history and custom fields."),
        ),
        Entry(
            _("Bind links"),
            "binding:list",
            "person",
            stands_for=_("Stands for MAAC's binding messages. Left out: the message's design and LINE Login itself."),
        ),
        Entry(
            _("Receipts"),
            "receipts:list",
            "receipt",
            stands_for=_("Stands for MAAC's receipt campaigns. Left out: the check with the e-invoice platform."),
        ),
        Entry(
            _("Surveys"),
            "surveys:list",
            "survey",
            stands_for=_("Stands for SurveyCake's forms in MAAC. Left out: their design, jumps and file uploads."),
        ),
        Entry(
            _("Notifications"),
            "notifications:list",
            "bell",
            stands_for=_(
                "Stands for MAAC's SMS+ (PNP). Left out: LINE's approval of texts and the carriers' networks."
            ),
        ),
        Entry(
            _("Points"),
            "points:list",
            "gift",
            stands_for=_("Stands for MAAC's reward points. Left out: the pages that contacts see at LINE."),
        ),
        Entry(
            _("Messages"),
            "messages:list",
            "mail",
            stands_for=_(
                "Stands for MAAC's message library, broadcasts and events. Left out: the editor and journeys."
            ),
        ),
        Entry(
            _("Links"),
            "links:list",
            "send",
            stands_for=_(
                "Stands for MAAC's deeplinks, tracelinks and auto replies. Left out: rich menus and QR codes."
            ),
        ),
        Entry(
            _("Open API"),
            "openapi:calls",
            "webhook",
            stands_for=_("Stands for no screen of MAAC: it shows the calls of your client, and lets them fail."),
        ),
        Entry(
            _("Traffic"),
            "traffic:list",
            "play",
            stands_for=_("Stands for no screen of MAAC: it plays customers who do all of this."),
        ),
        Entry(
            _("Try it"),
            "try_it:show",
            "eye",
            stands_for=_("Stands for no screen of MAAC: it is a receiver, on the customer's side."),
        ),
    ),
)
