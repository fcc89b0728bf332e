"""The OpenAPI description of both interfaces, made from the registry and the schemas that check requests."""

MEDIA_TYPE = "application/vnd.oai.openapi+json;version=3.0"
