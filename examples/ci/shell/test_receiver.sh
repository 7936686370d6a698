#!/usr/bin/env bash
# Tests a receiver with nothing but curl. The command that starts it is the argument; it gets SHARE_SECRET and PORT.
#
#   MAAC_SIM_URL=http://127.0.0.1:8622 MAAC_SIM_API_TOKEN=… ./test_receiver.sh node receiver.js
#
# RECEIVER_URL is where the simulator reaches it (http://127.0.0.1:9000/webhook).
set -euo pipefail

: "${MAAC_SIM_URL:=http://127.0.0.1:8622}" "${MAAC_SIM_API_TOKEN:?the simulator\'s API token}" "${PORT:=9000}"
: "${RECEIVER_URL:=http://127.0.0.1:$PORT/webhook}"
[ $# -gt 0 ] || { echo "Usage: $0 COMMAND that starts the receiver" >&2; exit 2; }

api() { # METHOD PATH [BODY]: the answer; the run ends if the simulator refuses
    curl --silent --show-error --fail-with-body --max-time 40 --request "$1" "$MAAC_SIM_URL/api/v1$2" \
        --header "Authorization: Bearer $token" --header 'Content-Type: application/json' ${3:+--data "$3"}
}
text() { grep -o "\"$1\":\"[^\"]*\"" | head -n 1 | cut -d '"' -f 4; }
number() { grep -o "\"$1\":[0-9]*" | head -n 1 | cut -d : -f 2; }

# An account of this run's own, so that runs do not see each other.
token=$MAAC_SIM_API_TOKEN
sandbox=$(api POST /accounts/ '{"name": "test_receiver.sh"}')
token=$(text token <<<"$sandbox")
endpoint=$(api POST /endpoints/ "{\"name\": \"Receiver\", \"url\": \"$RECEIVER_URL\",
    \"event_types\": [\"receipt.receipt_validated\", \"form.surveycake_submitted\"]}")

SHARE_SECRET=$(text share_secret <<<"$endpoint") PORT=$PORT "$@" &
receiver=$!
trap 'kill $receiver 2>/dev/null || true; api DELETE "/accounts/$(number id <<<"$sandbox")/" || true' EXIT
curl --silent --output /dev/null --retry 50 --retry-delay 1 --retry-connrefused "$RECEIVER_URL" || true

failed=0
expect() { # WHAT WANTED GOT
    if [ "$2" = "$3" ]; then echo "ok      $1"; else echo "FAILED  $1: wanted $2, got $3"; failed=1; fi
}

for topic in receipt.receipt_validated form.surveycake_submitted; do
    event=$(api POST /events/ "{\"topic\": \"$topic\"}" | number id)
    ended=$(api GET "/events/$event/wait/?timeout=30")
    expect "$topic is taken" delivered "$(grep -o '"deliveries":.*' <<<"$ended" | text status)"
done

delivery=$(api GET '/deliveries/?limit=1' | number id)
api POST "/deliveries/$delivery/redeliver/" '{}' >/dev/null
for _ in $(seq 100); do
    again=$(api GET "/deliveries/$delivery/")
    [ "$(text status <<<"$again")" = pending ] || break
    sleep 0.1
done
expect "the same event once more is taken, too" delivered "$(text status <<<"$again")"

refused=$(curl --silent --output /dev/null --write-out '%{http_code}' "$RECEIVER_URL" --header 'CrescLab-Signature: 0' \
    --header "CrescLab-Idempotency-Key: 00000000000000000000000000000000" --data '{"topic": "forged"}') || true
expect "a forged event is refused" 401 "$refused"
exit $failed
