"""The OpenAPI description of both interfaces, built from the registry and the schemas that check requests."""

MEDIA_TYPE = "application/vnd.oai.openapi+json;version=3.0"
"""The whole document, OpenAPI 3.0."""
