"""Mutants of the hotel's receiver: whether the work is done once, and how a notification's status is read."""

from functools import partial

from tests.receiver_check.mutants.planted import planted

in_wsgi = partial(planted, "wsgi")

INSERT = '        if db.execute("INSERT OR IGNORE INTO seen VALUES (?)", [key]).rowcount == 1:\n'
BEGIN = '        db.execute("BEGIN IMMEDIATE")\n'
COMMIT = '        db.execute("COMMIT")\n'
KEY = 'store(key or "without a key", event)'
WORK = '            db.execute("INSERT INTO work VALUES (?, ?, ?)", [key, happened.isoformat(), note])\n'
STATUS = "return f\"{data['pnp_setting_name']}: {data['status']}, {sms}\""
NOTE = "    note = described(topic, data)\n"


def known_by(expression: str) -> tuple[str, str]:
    """The change after which something else than the key decides whether an event is a duplicate."""
    return INSERT, INSERT.replace("[key]", f"[{expression}]")


ONCE = (
    in_wsgi("every-time", "Duplicates are not recognised.", INSERT, INSERT.replace("== 1", ">= 0")),
    in_wsgi(
        "select-then-insert", "The key is looked up, the work takes a moment, and then the key is stored, without a transaction.",
        BEGIN, "", COMMIT, "",
        INSERT, '        if not db.execute("SELECT 1 FROM seen WHERE key = ?", [key]).fetchone():\n            __import__("time").sleep(0.05)\n',
        "            effect(key)\n", '            effect(key)\n            db.execute("INSERT OR IGNORE INTO seen VALUES (?)", [key])\n',
    ),
    in_wsgi("unique-raises", "The unique key of the table raises an error for a duplicate, answered with 500.", INSERT, INSERT.replace(" OR IGNORE", "")),
    in_wsgi("no-wait-for-lock", "Requests at the same moment find the database locked.", "timeout=20", "timeout=0", WORK, WORK + "            __import__('time').sleep(0.05)\n"),
    in_wsgi("by-body", "A duplicate is recognised by its body.", *known_by("json.dumps(event)")),
    in_wsgi("by-data", "A duplicate is recognised by its data.", *known_by("json.dumps(data)")),
    in_wsgi("by-topic", "There is one row for each event type.", *known_by("topic")),
    in_wsgi("by-contact", "There is one row for each contact and event type.", *known_by("topic + str(data.get('line_uid', key))")),
    in_wsgi("by-timestamp", "A duplicate is recognised by its time stamp.", *known_by("event['timestamp']")),
    in_wsgi("by-second", "A duplicate is recognised by event type and second.", *known_by("topic + event['timestamp'][:19]")),
    in_wsgi("first-eight", "The column for the key holds eight characters.", *known_by("key[:8]")),
    in_wsgi("first-31", "The column for the key holds 31 characters.", *known_by("key[:31]")),
    in_wsgi("last-four", "Only the last four characters of the key decide.", *known_by("key[-4:]")),
    in_wsgi("small-number", "The key is stored as a number of 16 bits.", *known_by("str(int(key, 16) % 65536) if len(key) == 32 else key")),
    in_wsgi("by-minute", "A key is known for the minute of its event's arrival.", *known_by("key + str(int(__import__('time').monotonic() * 2))")),
    in_wsgi("last-key-only", "Only the last key is remembered.", INSERT, INSERT, WORK, WORK + '            db.execute("DELETE FROM seen WHERE key <> ?", [key])\n'),
    in_wsgi("hundred-keys", "The hundred newest keys are remembered.", WORK, WORK + '            db.execute("DELETE FROM seen WHERE rowid <= (SELECT max(rowid) FROM seen) - 100")\n'),
    in_wsgi("thousand-keys", "The thousand newest keys are remembered.", WORK, WORK + '            db.execute("DELETE FROM seen WHERE rowid <= (SELECT max(rowid) FROM seen) - 1000")\n'),
    in_wsgi("five-seconds", "Keys are forgotten after five seconds.", *known_by("key + str(int(__import__('time').monotonic() / 5))")),
    in_wsgi("a-day", "Keys are forgotten after a day.", WORK, WORK + "            db.execute(\"DELETE FROM seen WHERE rowid IN (SELECT seen.rowid FROM seen JOIN work USING (key) WHERE work.happened < datetime('now', '-1 day') AND seen.key <> ?)\", [key])\n"),
    in_wsgi("receipts-only", "Only receipts are kept from being done twice.", INSERT, INSERT.replace("[key]).rowcount == 1", '[key]).rowcount == 1 or not topic.startswith("receipt")')),
    in_wsgi("keyless-are-one", "All events without a key count as the same one, refused by an error.", KEY, "store(key or 1 / 0, event)"),
    in_wsgi("two-effects", "Each event is handled by two handlers that do the same.", "            effect(key)\n", "            effect(key)\n            effect(key)\n"),
    in_wsgi("no-effect", "The transaction is committed before the work, which never happens.", "            effect(key)\n", ""),
    in_wsgi("commits-key-first", "The key is committed, and then the work fails for what it does not like.", NOTE, "    note = ''\n", "            effect(key)\n", '            db.execute("COMMIT")\n            described(topic, data).encode("cp932")\n            effect(key)\n            db.execute("BEGIN")\n'),
    in_wsgi("work-then-error", "The work is done, and then the answer fails, so that MAAC sends it again and it is done again.", INSERT, INSERT.replace("INSERT OR IGNORE INTO seen VALUES (?)", "SELECT 1 WHERE ? NOT IN (SELECT key FROM seen)").replace(".rowcount == 1", ".fetchone()"), COMMIT, '        db.execute("COMMIT")\n        note.encode("latin-1")\n        db.execute("INSERT OR IGNORE INTO seen VALUES (?)", [key])\n'),
    in_wsgi("skips-without-id", "An event without a customer id is answered with 200 and dropped.", NOTE, "    if not data.get('customer_id', 1):\n        return\n" + NOTE),
    in_wsgi("drops-long", "A note of more than 2,000 characters is answered with 200 and dropped.", NOTE, NOTE + "    if len(note) > 2000:\n        return\n"),
)  # fmt: skip

READING = (
    in_wsgi("ten-statuses", "A status that the table does not know raises an error.", STATUS, "return f\"{['preparing', 'accepted', 'delivered', 'failed', 'undeliverable'].index(data['status'].split('_')[-1])}\""),
    in_wsgi("always-delivered", "The time of the SMS's delivery is read, also where it is null.", STATUS, "return datetime.fromisoformat(data['sms_delivered_at']).isoformat()"),
    in_wsgi("never-preparing", "Statuses of LINE push are unknown.", STATUS, "return {'pnp': 'PNP', 'sms': 'SMS'}[data['status'].split('_')[0]]"),
    in_wsgi("phone-in-clear", "A phone number must begin with +, and its SHA-256 is refused.", r"\+[0-9]{8,15}|[0-9a-f]{64}", r"\+[0-9]{8,15}"),
    in_wsgi("taiwan-only", "A phone number must be one of Taiwan.", r"\+[0-9]{8,15}|[0-9a-f]{64}", r"\+886[0-9]{9}|[0-9a-f]{64}"),
    in_wsgi("only-pnp", "A contact that was bound through an SMS raises an error.", "by {data['source']}", "by {['pnp'].index(data['source'])}"),
    in_wsgi("quoted-sql", "The statement is put together from text, and a quotation mark ends it.", WORK, "            db.execute(f\"INSERT INTO work VALUES ('{key}', '', '{note}')\")\n"),
    in_wsgi("three-byte-column", "The column of the note holds no characters of four bytes.", NOTE, NOTE + "    if any(ord(letter) > 0xFFFF for letter in note):\n        raise ValueError(note)\n"),
    in_wsgi("note-of-255", "A note of more than 255 characters raises an error.", NOTE, "    note = described(topic, data) if topic != 'pnp.status_updated' else described(topic, data)\n    if topic.startswith(('pnp', 'receipt')) and len(note) > 255:\n        raise ValueError(note)\n"),
    in_wsgi("one-line", "A line break in a text raises an error.", NOTE, NOTE + "    if '\\n' in note:\n        raise ValueError(note)\n"),
    in_wsgi("no-other-topic", "An event of an unknown type raises an error.", "    return json.dumps(data)\n", "    return {'form.surveycake_submitted': '', 'prize.points_added': '', 'message.first_open': ''}[topic]\n"),
)  # fmt: skip

MUTANTS = (*ONCE, *READING)
