"""Labels of the types of question for the console."""

from django.utils.translation import gettext_lazy as _

TYPES = {
    "TXTSHORT": _("Short text"),
    "TXTLONG": _("Long text"),
    "CHOICEONE": _("One choice"),
    "CHOICEMULTI": _("Many choices"),
    "NEST": _("Heading of a table"),
    "NESTCHILD": _("Row of a table, one choice"),
    "DIGITINPUT": _("Number"),
    "DIGITSLIDE": _("Number on a slide"),
    "ITEMSORT": _("Choices to put in order"),
    "RATINGBAR": _("Rating"),
    "PICKFROM": _("One choice of a list"),
    "QUOTE": _("Quotation, no answer"),
    "STATEMENT": _("Statement, no answer"),
    "DATEPICKER": _("Day"),
    "DIVIDER": _("Dividing line, no answer"),
}
