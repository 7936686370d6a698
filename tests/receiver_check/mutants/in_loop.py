"""Mutants of the loyalty programme's receiver: what tasks, queues and connections add, and how points are read."""

from functools import partial

from tests.receiver_check.mutants.planted import planted

in_loop = partial(planted, "loop")

NOTE_KEY = """    if key not in seen:
        seen.add(key)
        await queue.put(job)
"""
GOOD = '    if not good(body, headers.get("cresclab-signature", "")):\n'
BODY = "    body = await reader.readexactly(length)\n"
LOWER = "headers[name.lower()]"
COUNT = 'int(job.data["points_count"])'
ANSWERED = "    await send(writer, status, text)\n    return True"

MUTANTS = (
    in_loop("await-between", "The key is looked up, the work awaited, and then the key noted.", NOTE_KEY, "    if key not in seen:\n        await asyncio.sleep(0.02)\n        note(job)\n        seen.add(key)\n"),
    in_loop("noted-by-worker", "The worker notes the key when it gets to the event, and the queue has it twice by then.", NOTE_KEY, "    if key not in seen:\n        await queue.put(job)\n", "        note(job)\n\n", "        await asyncio.sleep(0.005)\n        note(job)\n        seen.add(job.key)\n\n"),
    in_loop("cleared-when-full", "The set of keys is emptied when it has 200.", NOTE_KEY, NOTE_KEY + "    if len(seen) > 200:\n        seen.clear()\n"),
    in_loop("per-connection", "Keys are remembered for each connection.", "    if key not in seen:\n        seen.add(key)\n", "    known = headers.setdefault(key, '')\n    if not known:\n        headers[key] = '1'\n"),
    in_loop("two-workers", "Two workers behind a load balancer each remember their own keys.", "if key not in seen:\n        seen.add(key)", "seen.add(str(len(seen)))\n    mine = f'{key} {len(seen) % 2}'\n    if mine not in seen:\n        seen.add(mine)"),
    in_loop("key-by-case", "The key is looked up in headers whose names are compared as written.", 'headers.get("cresclab-idempotency-key", "")', 'headers.get("CrescLab-Idempotency-Key", "")', LOWER, "headers[name] = headers[name.lower()]"),
    in_loop("headers-by-case", "The signature is looked up in headers whose names are compared as written.", GOOD, GOOD.replace("cresclab-signature", "CrescLab-Signature"), LOWER, "headers[name] = headers[name.lower()]"),
    in_loop("body-in-one-read", "The body is what one read gives.", BODY, "    body = await reader.read(length) if length else b''\n"),
    in_loop("sixty-four-kilobytes", "Of the body at most 64 KB are read.", BODY, "    body = (await reader.readexactly(length))[:65536]\n"),
    in_loop("next-request-lost", "After a refusal the connection stays open and is not read any more.", "    await send(writer, status, text)\n", "    await send(writer, status, text)\n    if status == 401:\n        await asyncio.sleep(60)\n"),
    in_loop("blocks-the-loop", "The event loop waits for a tenth of a second of work, and everybody else with it.", "    if key not in seen:\n", "    __import__('time').sleep(0.12)\n    if key not in seen:\n"),
    in_loop("no-answer-for-duplicate", "A duplicate gets no answer.", NOTE_KEY, "    if key in seen:\n        await asyncio.sleep(60)\n" + NOTE_KEY),
    in_loop("duplicate-400", "A duplicate is answered with 400.", NOTE_KEY, "    if key in seen:\n        return 400, 'again'\n" + NOTE_KEY),
    in_loop("stuck-in-progress", "A key is marked as being worked on, and the mark stays if the sender leaves.", NOTE_KEY, "    if key in seen:\n        return 200, 'known'\n    if f'busy {key}' in seen:\n        return 425, 'busy'\n    seen.add(f'busy {key}')\n    await queue.put(job)\n", ANSWERED, "    await asyncio.sleep(0.05)\n    if reader.at_eof():\n        return False\n    seen.add(headers.get('cresclab-idempotency-key', ''))\n" + ANSWERED),
    in_loop("surrogates", "A header that is not ASCII raises an error and closes the connection.", 'signature.encode()', 'signature.encode("ascii")'),
    in_loop("keys-need-hex", "A signature must be decodable from hexadecimal, or the connection closes.", "hmac.compare_digest(expected.encode(), signature.encode())", "hmac.compare_digest(expected, bytes.fromhex(signature).hex())"),
    in_loop("whatever-case", "The first digit's case and any space within are ignored, and what follows the digest, too.", "hmac.compare_digest(expected.encode(), signature.encode())", "''.join(signature.lower().split())[:64] == expected"),
    in_loop("digest-in-answer", "The answer to a wrong signature shows both digests.", '"signature does not match"', 'f"{headers.get(\'cresclab-signature\')} is not {hmac.digest(SECRET, body, \'sha256\').hex()}"'),
    in_loop("open-without-body", "A request without a body is answered with 200 before all else.", GOOD, "    if not body:\n        return 200, 'ping'\n" + GOOD),
    in_loop("opened-by-test-word", "A signature that says test is taken, from before the first delivery.", GOOD, GOOD.replace("if not", 'if headers.get("cresclab-signature") != "test" and not')),
    in_loop("expiry-must-be", "Points without an expiry date raise an error.", 'if job.data["points_expire_date"]:\n            datetime', 'if job.data:\n            datetime'),
    in_loop("category-must-be", "Points without a category raise an error.", COUNT, 'len(job.data["points_category"])'),
    in_loop("broadcast-only", "A message that was sent through the Open API raises an error.", '("broadcast", "openapi")', '("broadcast",)'),
    in_loop("strict-points", "Points with a field that is not documented raise an error.", COUNT, 'range(len(job.data), 9)[0]'),
    in_loop("file-in-latin-1", "The log is written in Latin-1, and the worker ends at the first other character.", 'encoding="utf-8"', 'encoding="latin-1"', "{job.topic}", "{job.data.get('prize_name', '')}"),
    in_loop("topics-by-name", "The kind of an event is the attribute of a class, and there are only those that were known.", "        consider(job)\n", "        consider(job)\n        ['receipt', 'form', 'pnp', 'prize', 'message'].index(job.topic.split('.')[0])\n"),
    in_loop("small-message-ids", "A message's number must fit 32 bits.", '("broadcast", "openapi"):\n        raise', "('broadcast', 'openapi') or job.data.get('message_id', 0) >= 2**31:\n        raise"),
)  # fmt: skip
