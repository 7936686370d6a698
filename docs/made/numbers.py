"""Phone numbers and LINE UIDs to which a message ends as one wishes, from the modules that send them."""

from docs.made.markdown import code, prose, table
from modules.messages import rules as messages
from modules.messages.labels import MARKS
from modules.notifications.magic import MAGIC


def magic_numbers() -> str:
    rows = (
        [code(number), prose(magic.meaning), code(magic.line_push), code(magic.pnp), code(magic.sms)]
        for number, magic in MAGIC.items()
    )
    return table(["number", "what happens", "LINE push", "PNP", "SMS"], rows)


def magic_line_uids() -> str:
    rows = (
        [code(uid), prose(MARKS[mark]), code(str(messages.result_of_push(mark))), code(messages.RESPONSES[mark])]
        for uid, mark in messages.MAGIC.items()
    )
    return table(["LINE UID", "what happens", "`result` of a push", "`response` in a multicast"], rows)
