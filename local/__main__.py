"""`statline`, or `python -m local`: Statline on this machine. Without a command it lists the commands."""

import errno
import os
import socket
import sys
import threading
from pathlib import Path

import click

from chalicelib import __version__
from local.cli import commands as client_commands
from local.cli import dataset_commands
from local.cli.exits import (
    STATUSES_OF_SERVE,
    Commands,
    discard_unwritten,
    open_standard_files,
    output_problem,
)
from local.cli.output import printable
from local.cloud import commands as cloud_commands
from local.http.stop_signal import Stopped, StopSignal
from local.settings import PROJECT, SAMPLE

# Errors of an address that is not this machine's, or none at all.
NO_ADDRESS = (errno.EADDRNOTAVAIL, socket.EAI_NONAME, socket.EAI_AGAIN)


@click.group(cls=Commands, invoke_without_command=True)
@click.version_option(__version__, prog_name="statline")
@click.pass_context
def main(context: click.Context) -> None:
    """Statline on this machine: `serve` starts the service, `ask` computes a statistic."""
    if context.invoked_subcommand is None:
        click.echo(context.get_help())


def check_host(context: click.Context, parameter: click.Parameter, host: str) -> str:
    if not host.strip():
        raise click.BadParameter("it is empty; 127.0.0.1 is this machine alone, 0.0.0.0 all its networks")
    return host.strip()


@main.command(epilog=STATUSES_OF_SERVE)
@click.option(
    "--host", default="127.0.0.1", show_default=True, callback=check_host, help="Address to listen on."
)
@click.option(
    "--port",
    type=click.IntRange(0, 65_535),
    default=8000,
    envvar="PORT",
    show_default=True,
    show_envvar=True,
    help="Port to listen on, 0 for any that is free.",
)
def serve(host: str, port: int) -> None:
    """Serve the API. SIGTERM, SIGHUP or Ctrl-C drains: accepted jobs finish, new ones get 503."""
    from chalice.cli.factory import CLIFactory

    from local.http.process import freeze_startup_objects, raise_file_limit, share_interpreter
    from local.http.server import Server

    stop = StopSignal()
    sys.path.insert(0, str(PROJECT))
    config = CLIFactory(str(PROJECT), environ=os.environ).create_config_obj()
    application = config.chalice_app
    from local.emulator.emulator import laptop

    raise_file_limit()
    try:
        server = Server(application, config, host, port)
    except (OSError, UnicodeError) as error:
        remedy = "try PORT=8001"
        if isinstance(error, UnicodeError) or (error.errno or 0) in NO_ADDRESS:
            remedy = "--host takes an address of this machine, such as 127.0.0.1"
        why = getattr(error, "strerror", None) or error
        raise click.ClickException(printable(f"cannot serve on {host}:{port}: {why}; {remedy}")) from None
    try:
        with stop.interrupting():
            emulator = laptop()
    except Stopped:
        say("Stopped before it served.")
        return
    settings = emulator.settings
    if why := say(f"Statline {__version__} with {settings.threads} runners. Ctrl-C drains."):
        click.echo(
            f"standard output cannot be written ({why}): log lines are in {settings.state / 'logs'}", err=True
        )
    say(f"Data: {emulator.service.catalogue()['title']}")
    freeze_startup_objects()
    share_interpreter()
    threading.Thread(target=server.serve_forever, daemon=True).start()
    say(f"Serving on http://{server.host}:{server.port}")
    stop.wait()
    left = emulator.drain(settings.drain_seconds)
    server.shutdown()
    emulator.stop()
    say(f"{left} jobs left for the next start." if left else "Drained.")
    discard_unwritten()


def say(line: str) -> str:
    """Print a line in one piece, between the log lines of other threads; return why that fails, or "".

    The service goes on without standard output, whose lines are in its log file too.
    """
    try:
        sys.stdout.write(f"{printable(line)}\n")
        sys.stdout.flush()
    except OSError as error:
        return output_problem(error)
    return ""


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


for command in (*client_commands.COMMANDS, *dataset_commands.COMMANDS, *cloud_commands.COMMANDS):
    main.add_command(command)


def run(name: str = "statline") -> None:
    """The entry point of a process."""
    open_standard_files()
    main(prog_name=name)


if __name__ == "__main__":
    run("python -m local")
