"""The Chalice application: routes and Lambda handlers here, logic in chalicelib."""

import os
from typing import Any

from chalice.app import Chalice, CloudWatchEvent, Rate, SQSEvent

from chalicelib.application import lambda_handlers
from chalicelib.bootstrap import get_service
from chalicelib.config import Settings
from chalicelib.observability.embedded_metrics import Exporter
from chalicelib.observability.metrics import REGISTRY
from chalicelib.routes import api, api_docs, jobs, operations, processes, root

BATCH_SIZE, CONCURRENCY = 10, 10

app = Chalice(app_name="statline", configure_logs=False)
app.register_blueprint(root.routes)
app.register_blueprint(api.routes)
app.register_blueprint(operations.routes)
app.register_blueprint(processes.routes)
app.register_blueprint(jobs.routes)
app.register_blueprint(api_docs.routes)


# Which queues these are, .chalice/resources.json says.
@app.on_sqs_message(queue="jobs", batch_size=BATCH_SIZE, maximum_concurrency=CONCURRENCY)
def worker(event: SQSEvent) -> dict[str, Any]:
    return lambda_handlers.process(get_service(), event.to_dict())


@app.on_sqs_message(queue="dead-letters", batch_size=BATCH_SIZE)
def dead_letters(event: SQSEvent) -> dict[str, Any]:
    return lambda_handlers.fail_dead_letters(get_service(), event.to_dict())


@app.schedule(Rate(5, unit=Rate.MINUTES))
def sweeper(event: CloudWatchEvent) -> None:
    lambda_handlers.sweep(get_service(), Settings.from_environ(os.environ))


if "AWS_LAMBDA_FUNCTION_NAME" in os.environ:
    app.register_middleware(Exporter(REGISTRY, os.environ.get("STATLINE_STAGE", "none")), "all")
else:
    from local import plug_in

    plug_in()
