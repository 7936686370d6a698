"""Why mutants are not found: the reason that the page gives for each."""

WHY_MISSED = {
    "any-of-a-list": "Node's decoder accepts the right digest with another behind it, too, which is no hole; another before it is not tried.",
    "old-secret-default": "Only signatures with other secrets are tried, not one with an empty secret.",
    "only-json": "All events are sent with the Content-Type that MAAC sends.",
    "bytes-lost": "Bodies are changed in their text. Bytes that are no text are only sent with a wrong signature.",
    "mark-lost": "Of what can stand before a body, only a space is tried.",
    "bought-in-taipei": "Of the times, only that of the event is varied.",
    "taiwan-only": "All phone numbers of the check are of Taiwan.",
    "latin-1-swallowed": "A receiver may leave an event type alone, so one whose work is never done is no failure.",
    "a-day": "The check would have to last a day.",
    "key-by-case": "The work is counted for events whose header names are written as MAAC writes them.",
    "opened-by-test-word": "A word that is as good as a signature can only be found by reading the code.",
    "small-message-ids": "MAAC documents no size of its numbers, and the check sends none that need more than 32 bits.",
    "int32-ids": "MAAC documents no size of its numbers, and the check sends none that need more than 32 bits.",
    "locale-compare": "Punctuation inside the digest is not tried.",
}
