"""`python -m local`: Statline on this machine. `python -m local --help` lists the commands."""

import os
import sys
import threading
from contextlib import suppress
from pathlib import Path

import click

from chalicelib import __version__
from chalicelib.errors import AwsUnavailable, StatlineError
from local.cli import commands as client_commands
from local.cloud import commands as cloud_commands
from local.http.stop_signal import StopSignal
from local.settings import PROJECT, SAMPLE


@click.group(invoke_without_command=True)
@click.version_option(__version__, prog_name="statline")
@click.pass_context
def main(context: click.Context) -> None:
    """Statline on this machine. Without a command, it serves."""
    if context.invoked_subcommand is None:
        serve.main([], standalone_mode=False)


@main.command()
@click.option("--host", default="127.0.0.1", show_default=True, help="Address to listen on.")
@click.option("--port", default=8000, envvar="PORT", show_default=True, help="Port to listen on (or PORT).")
def serve(host: str, port: int) -> None:
    """Serve the API. SIGTERM or Ctrl-C drains: accepted jobs finish, new ones get 503."""
    from chalice.cli.factory import CLIFactory

    from local.http.process import freeze_startup_objects, raise_file_limit
    from local.http.server import Server

    stop = StopSignal()
    sys.path.insert(0, str(PROJECT))
    config = CLIFactory(str(PROJECT), environ=os.environ).create_config_obj()
    application = config.chalice_app
    from local.emulator.emulator import laptop

    raise_file_limit()
    try:
        server = Server(application, config, host, port)
        emulator = laptop()
    except StatlineError as error:
        raise click.ClickException(str(error)) from None
    except OSError as error:
        raise click.ClickException(
            f"cannot serve on {host}:{port}: {error.strerror or error}; try PORT=8001"
        ) from None
    settings = emulator.settings
    say(f"Statline {__version__} with {settings.threads} runners. Ctrl-C drains.")
    say(f"Data: {emulator.service.catalogue()['title']}")
    freeze_startup_objects()
    threading.Thread(target=server.serve_forever, daemon=True).start()
    say(f"Serving on http://{server.host}:{server.port}")
    stop.wait()
    left = emulator.drain(settings.drain_seconds)
    server.shutdown()
    emulator.stop()
    say(f"{left} jobs left for the next start." if left else "Drained.")


def say(line: str) -> None:
    """Print a line in one piece, between the log lines of other threads. Ignore a closed standard output."""
    with suppress(OSError):
        sys.stdout.write(f"{line}\n")
        sys.stdout.flush()


@main.command()
def download() -> None:
    """Download the official survey (CDC) to data/brfss.csv."""
    from local.cli.download import run

    sys.exit(run())


@main.command()
@click.argument("path", type=click.Path(path_type=Path), default=SAMPLE)
def sample(path: Path) -> None:
    """Write the synthetic sample anew."""
    from local.sample.generator import write_sample

    write_sample(path)
    click.echo(f"wrote {path}")


def aws_errors() -> tuple[type[Exception], ...]:
    from botocore.exceptions import BotoCoreError, ClientError

    return BotoCoreError, ClientError


for command in (*client_commands.COMMANDS, *cloud_commands.COMMANDS):
    main.add_command(command)

if __name__ == "__main__":
    try:
        main(prog_name="python -m local")
    except AwsUnavailable as error:
        raise SystemExit(f"statline: AWS: {error.cause}") from None
    except StatlineError as error:
        raise SystemExit(f"statline: {error}") from None
    except aws_errors() as error:  # imported only for an error: botocore is slow to import
        raise SystemExit(f"statline: AWS: {error}") from None
