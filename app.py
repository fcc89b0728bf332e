"""The Chalice application: routes and Lambda handlers here, logic in chalicelib."""

import os
from typing import Any

from chalice.app import Chalice, CloudWatchEvent, Rate, SQSEvent

from chalicelib.application import lambda_handlers
from chalicelib.bootstrap import get_callback_queue, get_service, get_settings
from chalicelib.observability import metrics
from chalicelib.observability.embedded_metrics import EmbeddedMetrics
from chalicelib.routes import api, api_docs, jobs, operations, processes, root

BATCH_SIZE, CONCURRENCY = 10, 10

app = Chalice(app_name="statline", configure_logs=False)
for module in (root, api, operations, processes, jobs, api_docs):
    app.register_blueprint(module.routes)


# .chalice/resources.json says which queues these are.
@app.on_sqs_message(queue="jobs", batch_size=BATCH_SIZE, maximum_concurrency=CONCURRENCY)
def worker(event: SQSEvent) -> dict[str, Any]:
    return lambda_handlers.process(get_service(), event.to_dict())


@app.on_sqs_message(queue="callbacks", batch_size=BATCH_SIZE, maximum_concurrency=CONCURRENCY)
def callback_worker(event: SQSEvent) -> dict[str, Any]:
    return lambda_handlers.send_callbacks(get_service(), get_callback_queue().put_back, event.to_dict())


@app.on_sqs_message(queue="dead-letters", batch_size=1, maximum_concurrency=CONCURRENCY)
def dead_letters(event: SQSEvent) -> dict[str, Any]:
    return lambda_handlers.finish_dead_letters(get_service(), event.to_dict())


@app.schedule(Rate(5, unit=Rate.MINUTES))
def sweeper(event: CloudWatchEvent) -> None:
    lambda_handlers.sweep(get_service(), get_settings())


if "AWS_LAMBDA_FUNCTION_NAME" in os.environ:
    embedded = EmbeddedMetrics(stage=lambda: get_settings().stage)
    metrics.use(embedded)
    app.register_middleware(embedded, "all")
else:
    from local import plug_in

    plug_in()
