"""The numbers to which a notification message ends as one wishes, from the module that sends them."""

from docs.made.markdown import code, prose, table
from modules.notifications.magic import MAGIC


def magic_numbers() -> str:
    rows = (
        [code(number), prose(magic.meaning), code(magic.line_push), code(magic.pnp), code(magic.sms)]
        for number, magic in MAGIC.items()
    )
    return table(["number", "what happens", "LINE push", "PNP", "SMS"], rows)
