"""What the OpenAPI schema says beyond what it reads from the views."""

from typing import Any

from drf_spectacular.extensions import OpenApiAuthenticationExtension
from drf_spectacular.openapi import AutoSchema

ERROR = {
    "type": "object",
    "description": "The shape of every error.",
    "required": ["error"],
    "properties": {
        "error": {
            "type": "object",
            "required": ["code", "message", "fields"],
            "properties": {
                "code": {"type": "string", "description": "Stable, for programs.", "example": "zone_not_licensed"},
                "message": {"type": "string", "description": "What happened and what to do, for people."},
                "fields": {
                    "type": "object",
                    "description": "The fields at fault, by path.",
                    "additionalProperties": {"type": "array", "items": {"type": "string"}},
                },
            },
        }
    },
}


class Schema(AutoSchema):
    """Groups calls by what they are about, and titles each with the first sentence of its docstring."""

    def get_tags(self) -> list[str]:
        return [self.path.removeprefix("/api/v1/").split("/")[0]]

    def get_summary(self) -> str:
        return str(self.get_description() or "").split(". ")[0].rstrip(".")


class BearerTokenScheme(OpenApiAuthenticationExtension):  # type: ignore[no-untyped-call]
    target_class = "rest.base.authentication.BearerToken"
    name = "bearerToken"

    def get_security_definition(self, _auto_schema: object) -> dict[str, str]:
        return {"type": "http", "scheme": "bearer"}


def add_errors(result: dict[str, Any], **_options: Any) -> dict[str, Any]:
    """Give every call the answer that it has when something is refused."""
    result["components"]["schemas"]["Error"] = ERROR
    refused = {
        "description": "Refused: nothing was changed.",
        "content": {"application/json": {"schema": {"$ref": "#/components/schemas/Error"}}},
    }
    for operations in result["paths"].values():
        for operation in operations.values():
            operation["responses"]["4XX"] = refused
    return result
