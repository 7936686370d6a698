"""The errors of the webhooks package: requests that its rules do not allow.

accounts.errors.Refusal
├── InvalidInput            the request does not make sense
│   ├── InvalidUrl
│   ├── UnknownEventType
│   └── InvalidPayload
├── ZoneNotLicensed         the account has not bought it
├── RunningEndpointLimit    the account runs as many endpoints as its limit allows
├── PausedEndpointLimit     the account has as many paused endpoints as the setting allows
├── DeliveryInProgress      a pending delivery cannot be redelivered under the same key
├── TooManyFaults           the endpoint has as many active faults as it may have
├── EndpointNotRunning      the endpoint is paused or deleted
├── NoCallback              the account has set no address for the binding callback
├── TooManyChecks           the account has as many unfinished checks as it may have
├── CheckNotOver            the check has no report yet
├── IdempotencyKeyReused    the key was used before for another request
├── SandboxesAreOff         the setting SANDBOXES is off
├── SandboxInSandbox        a sandbox's token asked for a sandbox
└── SandboxLimit            the account has as many sandboxes as it may have
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


class NoCallback(Refusal):
    code = "no_callback"


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
