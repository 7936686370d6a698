"""Bodies that the tests explain, and the same as real programs wrote them again."""

import hashlib
import hmac

SECRET = "8f2c4d6e0a1b3c5d7e9f8a6b4c2d0e1f"
KEY = "ee5934f083634c4ebadd53c45e29ea93"
BODY = (
    b'{"timestamp": "2026-03-04T18:22:09.004200+08:00", "topic": "receipt.receipt_validated", "data": {"line_uid": '
    b'"U4af4980629a1f8c2b7d6e5f4a3b2c1d0", "customer_id": null, "campaign_name": "\\u6625 \\ud83c\\udf38 <b>&amp;</b> '
    b'it\'s 1/2 \\"q\\" \\\\ \\t = + ` \\u00e9", "number": "KQ30519284", "datetime": '
    b'"2026-03-03T12:05:36+08:00", "upload_datetime": "2026-03-04T18:22:08.963001+08:00", "random_number": "0417", '
    b'"channel": "\\u4fe1\\u7fa9\\u9580\\u5e02", "items": [{"description": "x", "unit_price": 65.0, "quantity": 2.0, '
    b'"amount": 130.0}, {"description": "y", "unit_price": 104.5, "quantity": 1.0, "amount": 104.5}]}}'
)


def digest(body: bytes, key: bytes | str = SECRET, algorithm: str = "sha256") -> str:
    """What a receiver computes over these bytes."""
    return hmac.new(key.encode() if isinstance(key, str) else key, body, getattr(hashlib, algorithm)).hexdigest()
