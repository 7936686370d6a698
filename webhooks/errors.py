"""What the webhook part refuses.

accounts.errors.Refusal
├── InvalidInput            the request does not make sense
│   ├── InvalidUrl
│   ├── UnknownEventType
│   └── InvalidPayload
├── ZoneNotLicensed         the account has not bought it
├── RunningEndpointLimit    the account runs as many as it may
├── PausedEndpointLimit     the account has as many paused endpoints as it may
├── DeliveryInProgress      wait for it first
├── TooManyFaults           remove some first
├── EndpointNotRunning      the endpoint is paused or deleted
├── TooManyChecks           the account waits for some already
├── CheckNotOver            there is no report yet
├── IdempotencyKeyReused    the key came before with another request
├── SandboxesAreOff         the operator allows none
├── SandboxInSandbox        only a brand's own token makes them
└── SandboxLimit            the account has as many as it may
"""

from accounts.errors import Refusal


class InvalidInput(Refusal):
    code = "invalid_request"


class InvalidUrl(InvalidInput):
    code = "invalid_url"


class UnknownEventType(InvalidInput):
    code = "unknown_event_type"


class InvalidPayload(InvalidInput):
    code = "invalid_payload"


class ZoneNotLicensed(Refusal):
    code = "zone_not_licensed"


class RunningEndpointLimit(Refusal):
    code = "running_endpoint_limit"


class PausedEndpointLimit(Refusal):
    code = "paused_endpoint_limit"


class DeliveryInProgress(Refusal):
    code = "delivery_in_progress"


class EndpointNotRunning(Refusal):
    code = "endpoint_not_running"


class TooManyFaults(Refusal):
    code = "too_many_faults"


class TooManyChecks(Refusal):
    code = "too_many_checks"


class CheckNotOver(Refusal):
    code = "check_not_over"


class IdempotencyKeyReused(Refusal):
    code = "idempotency_key_reused"


class SandboxesAreOff(Refusal):
    code = "sandboxes_are_off"


class SandboxInSandbox(Refusal):
    code = "sandbox_in_sandbox"


class SandboxLimit(Refusal):
    code = "sandbox_limit"
