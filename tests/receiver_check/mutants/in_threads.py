"""Mutants of the shop's receiver: signatures, requests and answers, and how a receipt or a survey is read."""

from functools import partial

from tests.receiver_check.mutants.planted import planted

in_threads = partial(planted, "threads")

COMPARE = "return hmac.compare_digest(expected.encode(), signature.encode())"
REFUSAL = """        if not is_signed(body, self.headers.get("CrescLab-Signature", "")):
            return self.answer(401)
"""
CHECK = 'if not is_signed(body, self.headers.get("CrescLab-Signature", "")):\n'
REFUSE = "            return self.answer(401)\n"
HMAC = "hmac.new(SECRET.encode(), body, hashlib.sha256).hexdigest()"
CALL = "            take(key, json.loads(body))\n"
TAKE = """    with LOCK:
        if key in KNOWN:
            return
        work(key, understood(event))
        KNOWN.add(key)
"""
DONE = "        return self.answer(200)\n\n    def do_GET"
HAPPENED = 'datetime.fromisoformat(event["timestamp"])'

SIGNATURES = (
    in_threads("no-check", "The signature is not looked at.", REFUSAL, ""),
    in_threads("only-logged", "A wrong signature is logged and the event taken all the same.", REFUSE, "            print('bad signature')\n"),
    in_threads(
        "absent-is-fine", "A request without a signature counts as one from before signatures were turned on.",
        CHECK, 'given = self.headers.get("CrescLab-Signature")\n        if given is not None and not is_signed(body, given):\n',
    ),
    in_threads(
        "empty-is-fine", "An empty signature is false, and the check is left out.",
        CHECK, 'given = self.headers.get("CrescLab-Signature", "-")\n        if given and not is_signed(body, given):\n',
    ),
    in_threads("prefix-of-digest", "The digest has only to begin with what was sent.", COMPARE, "return expected.startswith(signature)"),
    in_threads("digest-and-more", "What was sent has only to begin with the digest.", COMPARE, "return signature.startswith(expected)"),
    in_threads("digest-somewhere", "What was sent has only to contain the digest.", COMPARE, "return expected in signature"),
    in_threads("half-the-digest", "Half of the digest is compared.", COMPARE, "return signature[:32] == expected[:32]"),
    in_threads("column-of-60", "The column for the signature holds 60 characters.", COMPARE, "return len(signature) == 64 and signature[:60] == expected[:60]"),
    in_threads("end-of-digest", "Only the last eight digits are compared, as with short commit ids.", COMPARE, "return signature[-8:] == expected[-8:]"),
    in_threads("zip-stops-early", "The digits are compared in pairs, which end with the shorter text.", COMPARE, "return all(a == b for a, b in zip(expected, signature))"),
    in_threads(
        "last-digit-decides", "The loop over the digits overwrites its result, so that the last pair decides.",
        COMPARE, "same = False\n    for a, b in zip(expected, signature, strict=False):\n        same = a == b\n    return same and len(signature) == 64",
    ),
    in_threads("as-numbers", "Both are read as numbers, and text that is none raises an error.", COMPARE, "return int(expected, 16) == int(signature, 16)"),
    in_threads("from-hex", "The header is decoded from hexadecimal, which raises an error for other text.", COMPARE, "return hmac.compare_digest(bytes.fromhex(expected), bytes.fromhex(signature))"),
    in_threads("compares-str", "compare_digest gets texts, and raises an error for characters that are not ASCII.", COMPARE, "return hmac.compare_digest(expected, signature)"),
    in_threads("as-a-pattern", "The header is used as a pattern for the digest.", COMPARE, "return __import__('re').match(signature, expected) is not None"),
    in_threads("any-of-a-list", "The header is split at commas, and one right digest among others suffices.", COMPARE, "return expected in signature.split(',')"),
    in_threads("shape-only", "The header is checked for 64 hexadecimal digits, and for nothing else.", COMPARE, "return len(signature) == 64 and set(signature) <= set('0123456789abcdef')"),
    in_threads("header-must-be-there", "A missing header raises a KeyError.", 'self.headers.get("CrescLab-Signature", "")', 'self.headers["CrescLab-Signature"].strip()'),
    in_threads("sha1", "HMAC is made with SHA-1.", HMAC, HMAC.replace("sha256", "sha1")),
    in_threads("sha512", "HMAC is made with SHA-512 and cut to 64 digits.", HMAC, HMAC.replace("sha256", "sha512") + "[:64]"),
    in_threads("no-key", "The body is hashed without the secret.", HMAC, "hashlib.sha256(body).hexdigest()"),
    in_threads("secret-in-front", "Secret and body are joined and hashed.", HMAC, "hashlib.sha256(SECRET.encode() + body).hexdigest()"),
    in_threads("base64", "The digest is compared in base64.", HMAC, "__import__('base64').b64encode(hmac.digest(SECRET.encode(), body, 'sha256')).decode()"),
    in_threads("secret-with-line-end", "The secret was read from a file with its line break.", HMAC, HMAC.replace("SECRET.encode()", r"(SECRET + '\n').encode()")),
    in_threads("old-secret-default", "An unset second secret is an empty one, and signatures with it are taken.", COMPARE, COMPARE + " or hmac.compare_digest(\n        hmac.new(b'', body, hashlib.sha256).hexdigest().encode(), signature.encode()\n    )"),
    in_threads("previous-forever", "The secret from before the last change is still taken.", COMPARE, COMPARE + " or hmac.compare_digest(\n        hmac.new(b'the secret before', body, hashlib.sha256).hexdigest().encode(), signature.encode()\n    )"),
    in_threads("dumped-again", "The parsed body is written again as Python does and then verified.", HMAC, HMAC.replace("body", "json.dumps(json.loads(body)).encode()")),
    in_threads("dumped-compact", "The parsed body is written again without spaces and then verified.", HMAC, HMAC.replace("body", "json.dumps(json.loads(body), separators=(',', ':')).encode()")),
    in_threads("dumped-as-text", "The parsed body is written again with its characters unescaped.", HMAC, HMAC.replace("body", "json.dumps(json.loads(body), ensure_ascii=False).encode()")),
    in_threads("dumped-sorted", "The parsed body is written again with its keys sorted.", HMAC, HMAC.replace("body", "json.dumps(json.loads(body), sort_keys=True).encode()")),
    in_threads("data-only", "Only the value of data is verified.", HMAC, HMAC.replace("body", "json.dumps(json.loads(body)['data']).encode()")),
    in_threads("trimmed", "Space around the body is cut off before it is verified.", HMAC, HMAC.replace("body", "body.strip()")),
    in_threads("bytes-lost", "The body is decoded before it is verified, and bytes that are no text are left out.", HMAC, HMAC.replace("body", "body.decode(errors='ignore').encode()")),
    in_threads("mark-lost", "A byte order mark is cut off before the body is verified.", HMAC, HMAC.replace("body", "body.decode('utf-8-sig', 'replace').encode()")),
    in_threads("only-json", "Only requests that say they are JSON are verified.", CHECK, 'is_json = "json" in self.headers.get("Content-Type", "")\n        ' + CHECK.replace("if not", "if is_json and not")),
    in_threads("one-topic-open", "Events of points need no signature.", CHECK, CHECK.replace("if not", 'if b"prize.points_added" not in body and not')),
    in_threads("unknown-topic-first", "Unknown event types are answered with 200 before the signature is verified.", CHECK, 'topic = json.loads(body)["topic"].split(".")[0]\n        if topic not in ("receipt", "form", "pnp", "prize", "message"):\n            return self.answer(200)\n        ' + CHECK),
    in_threads("known-key-first", "Duplicates are answered with 200 before the signature is verified.", CHECK, 'if self.headers.get("CrescLab-Idempotency-Key") in KNOWN:\n            return self.answer(200)\n        ' + CHECK),
    in_threads(
        "signature-remembered", "A signature that was right once is taken for any body.",
        COMPARE, "same = hmac.compare_digest(expected.encode(), signature.encode()) or f's {signature}' in KNOWN\n    if same:\n        KNOWN.add(f's {signature}')\n    return same",
    ),
    in_threads("parses-first", "The body is parsed before it is verified.", CHECK, "json.loads(body)\n        " + CHECK),
    in_threads("works-first", "The work is done before the signature is verified.", CHECK, 'take(self.headers.get("CrescLab-Idempotency-Key", ""), json.loads(body))\n        ' + CHECK),
    in_threads("no-return", "A wrong signature is answered with 401, and the work done all the same.", REFUSE, '            take(self.headers.get("CrescLab-Idempotency-Key", ""), json.loads(body))\n' + REFUSE),
    in_threads("key-noted-first", "The key is noted before the signature is verified, so a forged request keeps the event out.", CHECK, "known = self.headers.get('CrescLab-Idempotency-Key', '')\n        " + CHECK.rstrip("\n") + "\n            KNOWN.add(known)\n"),
    in_threads("answers-500", "A wrong signature raises an error, answered with 500.", REFUSE, "            return self.answer(500)\n"),
    in_threads("answers-503", "A wrong signature is answered with 503, and MAAC asks again.", REFUSE, "            return self.answer(503)\n"),
    in_threads("refuses-by-200", "A wrong signature is answered with 200 and an error in the text.", REFUSE, "            return self.answer(200, '{\"error\": \"signature\"}')\n"),
    in_threads("just-closes", "A wrong signature closes the connection.", REFUSE, "            self.close_connection = True\n            return None\n"),
    in_threads("shows-expected", "The answer to a wrong signature has the expected digest in it.", REFUSE, f"            return self.answer(401, 'expected ' + {HMAC})\n"),
    in_threads("status-page", "A GET shows the settings, with the secret.", "        self.answer(405)\n", "        self.answer(405, f'settings: {SECRET}')\n"),
)  # fmt: skip

ANSWERS = (
    in_threads("answers-202", "An event is answered with 202.", DONE, DONE.replace("200", "202")),
    in_threads("answers-302", "An event is answered with a redirect to a page.", DONE, DONE.replace("200", "302")),
    in_threads("length-too-long", "The Content-Length of the answer counts a line break that is not sent.", "str(len(text.encode()))", "str(len(text.encode()) + 1)"),
    in_threads("content-type-exact", "Content-Type must be application/json and nothing more.", "        body = self.rfile.read(size)\n", "        body = self.rfile.read(size)\n        if self.headers['Content-Type'] != 'application/json':\n            return self.answer(415)\n"),
    in_threads("hundred-kilobytes", "Bodies of more than 100 KB are refused, as many frameworks do by default.", "LARGEST = 5 * 1024 * 1024", "LARGEST = 100 * 1024"),
    in_threads("reads-once", "The body is read once, whatever has arrived by then.", "self.rfile.read(size)", "self.rfile.read1(65536)"),
    in_threads("body-left", "The body stays unread when there is no signature, and is the next request of the connection.", "        body = self.rfile.read(size)\n", "        if 'CrescLab-Signature' not in self.headers:\n            return self.answer(401)\n        body = self.rfile.read(size)\n"),
    in_threads("get-fails", "A GET raises an error.", "        self.answer(405)\n", "        self.answer(500)\n"),
    in_threads("header-as-written", "The headers are looked up exactly as MAAC writes them.", 'self.headers.get("CrescLab-Signature", "")', 'dict(self.headers.items()).get("CrescLab-Signature", "")'),
    in_threads("too-many-requests", "More than 30 requests a second are answered with 429.", "        body = self.rfile.read(size)\n", "        body = self.rfile.read(size)\n        import time\n        now = time.monotonic()\n        recent = self.server.__dict__.setdefault('recent', [])\n        recent.append(now)\n        if sum(now - each < 1 for each in recent[-60:]) > 30:\n            return self.answer(429)\n"),
    in_threads("one-after-the-other", "One thread answers everybody, and each event takes a tenth of a second.", "class Server(ThreadingHTTPServer):", "class Server(__import__('http.server').server.HTTPServer):", CALL, CALL + "            __import__('time').sleep(0.1)\n", 'protocol_version = "HTTP/1.1"', 'protocol_version = "HTTP/1.0"'),
    in_threads("slow-receipts", "The work of a receipt is done before the answer and takes too long.", CALL, CALL + "            if b'receipt_validated' in body:\n                __import__('time').sleep(7)\n"),
    in_threads("errors-swallowed", "Every error is answered with 200, and an event with an emoji is lost.", "            return self.answer(500)\n", "            return self.answer(200)\n", 'line = f"{key} {json.dumps(kept, default=str)}\\n"', 'line = f"{key} {json.dumps(kept, default=str, ensure_ascii=False)}\\n"\n    if max(line) > "\\uffff":\n        raise ValueError(line)'),
    in_threads("latin-1-swallowed", "Every error is answered with 200, and receipts are never stored for their Japanese texts.", "            return self.answer(500)\n", "            return self.answer(200)\n", 'line = f"{key} {json.dumps(kept, default=str)}\\n"', 'line = f"{key} {json.dumps(kept, default=str, ensure_ascii=False)}\\n".encode("latin-1").decode("latin-1")'),
    in_threads("duplicates-409", "A duplicate is answered with 409.", TAKE, TAKE.replace("            return\n", "            raise FileExistsError\n"), "        except Exception:", "        except FileExistsError:\n            return self.answer(409)\n        except Exception:"),
    in_threads("busy-409", "A request whose key is being worked on is answered with 409.", TAKE, "    busy = f'busy {key}'\n    with LOCK:\n        if busy in KNOWN:\n            raise FileExistsError\n        if key in KNOWN:\n            return\n        KNOWN.add(busy)\n    __import__('time').sleep(0.1)\n    work(key, understood(event))\n    KNOWN.add(key)\n    KNOWN.discard(busy)\n", "        except Exception:", "        except FileExistsError:\n            return self.answer(409)\n        except Exception:"),
    in_threads("five-minutes", "Events whose time stamp is older than five minutes are refused.", CALL, f"            event = json.loads(body)\n            age = datetime.now().astimezone() - {HAPPENED}\n            if abs(age.total_seconds()) > 300:\n                return self.answer(400)\n" + CALL),
    in_threads("newest-only", "An event from before the last one is refused.", CALL, f"            event = json.loads(body)\n            if {HAPPENED} < self.server.__dict__.get('newest', {HAPPENED}):\n                return self.answer(400)\n            self.server.__dict__['newest'] = {HAPPENED}\n" + CALL),
)  # fmt: skip

READING = (
    in_threads("contact-upper", "The customer id is written in capitals, also where it is null.", 'data.get("customer_id") or data.get("line_uid") or ""', '(data["customer_id"] if "customer_id" in data else "").upper()'),
    in_threads("campaign-null", "A receipt without a campaign's name raises an error.", 'data["campaign_name"]', 'data["campaign_name"].strip()'),
    in_threads("survey-null", "A survey without a name raises an error.", 'data["survey_name"] or ""', 'len(data["survey_name"])'),
    in_threads("first-item", "The first item is taken, also of a receipt that has none.", 'data["channel"]', 'items[0]["description"]'),
    in_threads("average-price", "The average price of no items is a division by zero.", 'data["channel"]', 'kept["spent"] / len(items)'),
    in_threads("alias-must-be", "A survey without the alias for the e-mail address raises an error.", '"".join(alias.get("maac_member_name", [])[:1])', 'alias["maac_member_email"][0]'),
    in_threads("first-answer", "The first answer is taken, also of a question that nobody answered.", '{each["sn"]: each["answer"] for', '{each["sn"]: each["answer"][0] for'),
    in_threads("whole-pieces", "A quantity must be written as a whole number.", 'float(item["quantity"])', 'int(str(item["quantity"]))'),
    in_threads("items-as-arguments", "Items are given to a function by name, which refuses a new field.", "items = data[\"items\"]\n", "items = data[\"items\"]\n        make = lambda description, unit_price, quantity, amount: description\n        kept['lines'] = [make(**item) for item in items]\n"),
    in_threads("data-as-arguments", "The data of a receipt is given to a function by name, which refuses a new field.", "items = data[\"items\"]\n", "items = data[\"items\"]\n        make = lambda line_uid, customer_id, campaign_name, number, datetime, upload_datetime, random_number, channel, items: 1\n        make(**data)\n"),
    in_threads("three-keys", "The body must have timestamp, topic and data, and nothing more.", 'topic, data = event["topic"], event["data"]\n', 'topic, data = event["topic"], event["data"]\n    if len(event) != 3:\n        raise ValueError("not an event")\n'),
    in_threads("taipei-only", "The time stamp is read with the offset +08:00 as fixed text.", HAPPENED, 'datetime.strptime(event["timestamp"], "%Y-%m-%dT%H:%M:%S.%f+08:00")'),
    in_threads("always-fraction", "The time stamp must have a fraction of a second.", HAPPENED, 'datetime.strptime(event["timestamp"], "%Y-%m-%dT%H:%M:%S.%f%z")'),
    in_threads("bought-in-taipei", "The time of the purchase is read with the offset +08:00 as fixed text.", 'datetime.fromisoformat(data["datetime"])', 'datetime.strptime(data["datetime"], "%Y-%m-%dT%H:%M:%S+08:00")'),
    in_threads("shop-of-100", "Names of shops of more than 100 characters raise an error.", 'data["channel"]', 'data["channel"] if len(data["channel"]) <= 100 else 1 / 0'),
    in_threads("big5", "The name of the shop is stored as Big5, which has no emoji.", 'data["channel"]', 'data["channel"].encode("cp950").decode("cp950")'),
    in_threads("question-numbers", "Questions are taken for a list without gaps in its numbers.", '{each["sn"]: each["answer"] for each in data["answer"]["result"]}', '[data["answer"]["result"][each["sn"] - 1]["answer"] for each in data["answer"]["result"]]'),
    in_threads("isolated-type", "The type of the survey's isolation is written in capitals, and is always null.", 'data["survey_name"] or ""', 'data["answer"]["meta"]["isolated"]["type"].upper()'),
)  # fmt: skip

MUTANTS = (*SIGNATURES, *ANSWERS, *READING)
