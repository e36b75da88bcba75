"""The REST API's settings: DRF, and the OpenAPI document."""

from typing import Any

REST_FRAMEWORK: dict[str, Any] = {
    "DEFAULT_AUTHENTICATION_CLASSES": ["aftersale.api.authentication.BearerToken"],
    "DEFAULT_PERMISSION_CLASSES": [],
    # Calls read and answer with records of their own (aftersale.api.call).
    "DEFAULT_PARSER_CLASSES": ["rest_framework.parsers.JSONParser"],
    "DEFAULT_RENDERER_CLASSES": ["rest_framework.renderers.JSONRenderer"],
    "DEFAULT_SCHEMA_CLASS": "aftersale.api.schema.CallSchema",
}

SPECTACULAR_SETTINGS: dict[str, Any] = {
    "TITLE": "Afterdesk",
    "VERSION": "1",
    "DESCRIPTION": "After-sale tickets, their decisions and refunds. A token belongs to one shop.",
    "OAS_VERSION": "3.1.1",
    "SCHEMA_PATH_PREFIX": "/api/v1",
    "SERVERS": [{"url": "/", "description": "This installation"}],
    "SERVE_INCLUDE_SCHEMA": False,
    "SERVE_AUTHENTICATION": [],
    "PATH_CONVERTER_OVERRIDES": {"number": str},
    "COMPONENT_SPLIT_REQUEST": True,
    # PATCH takes a record of its own.
    "COMPONENT_SPLIT_PATCH": False,
    # Choices stand where they are used; shared names for them would be invented ones.
    "POSTPROCESSING_HOOKS": ["aftersale.api.schema.with_webhooks"],
    # From the package beside it: no outside host.
    "SWAGGER_UI_DIST": "SIDECAR",
    "SWAGGER_UI_FAVICON_HREF": "SIDECAR",
}
