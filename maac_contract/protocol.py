"""MAAC's protocol as constants: request, headers, retry rule, limits. `rules` marks each as documented or chosen."""

# --- Request -------------------------------------------------------------------------------------------------------

METHOD = "POST"
CONTENT_TYPE = "application/json; charset=utf-8"
HEADER_IDEMPOTENCY_KEY = "CrescLab-Idempotency-Key"
HEADER_SIGNATURE = "CrescLab-Signature"
BODY_FIELDS = ("timestamp", "topic", "data")
DEFAULT_TIME_ZONE = "Asia/Taipei"
JAPAN_TIME_ZONE = "Asia/Tokyo"

# --- Answer and retries --------------------------------------------------------------------------------------------

SUCCESS_STATUS = 200
RETRIED_STATUSES = (408, 429)
RETRY_WAITS = (1.0, 2.0, 4.0)
CONNECT_TIMEOUT = 3.0
ATTEMPT_TIMEOUT = 10.0
ANSWER_READ_LIMIT = 64 * 1024
ANSWER_KEPT_LIMIT = 16 * 1024

# --- Endpoints and licences ----------------------------------------------------------------------------------------

ENDPOINT_LIMIT = 3
ZONES: tuple[int, ...] = (1, 2)


def is_accepted_status(status: int, *, any_2xx: bool = True) -> bool:
    """Whether a delivery that is answered so has arrived. Documented: 200. Chosen: any other 2xx, unless `any_2xx` is
    false; it is then marked as "MAAC asks for 200".
    """
    return status == SUCCESS_STATUS or (any_2xx and 200 <= status < 300)


def is_retried_status(status: int) -> bool:
    """Whether MAAC retries after this HTTP status (documented: 408, 429 and 5xx)."""
    return status in RETRIED_STATUSES or 500 <= status <= 599
