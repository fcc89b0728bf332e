"""The OpenAPI description of both interfaces, made from the registry and the schemas that check requests."""
