"""The floor: two constants from Chalice routes, on the server of `make run`; no job is faster there.

python -m bench.floor [--port 8000]
"""

import argparse

from chalice.app import Chalice, Response
from chalice.config import Config

from local.http.server import Server
from local.settings import PROJECT

ACCEPTED = '{"job_id": "job_id_1"}'
DONE = '{"status": "done", "data": {"global_mean":30.0}}'
JSON: dict[str, str | list[str]] = {"Content-Type": "application/json"}

app = Chalice(app_name="floor", configure_logs=False)


def submit(statistic: str) -> Response:
    return Response(ACCEPTED, headers=JSON)


def get_response(job_id: str) -> Response:
    return Response(DONE, headers=JSON)


app.route("/api/{statistic}", methods=["POST"], content_types=["*/*"])(submit)
app.route("/api/get_results/{job_id}")(get_response)


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--port", type=int, default=8000)
    port = parser.parse_args().port
    config = Config(
        chalice_stage="dev", user_provided_params={"project_dir": str(PROJECT), "chalice_app": app}
    )
    Server(app, config, "127.0.0.1", port).serve_forever()


if __name__ == "__main__":
    main()
