"""The options that show an answer as a picture: bars on a terminal, an SVG file, its page in a browser."""

import sys
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import click

from local.cli.output import Output

if TYPE_CHECKING:  # it takes a tenth of a second to import
    from local.cli.client import Client


def check_svg(context: click.Context, parameter: click.Parameter, path: Path | None) -> Path | None:
    if path is not None and path.suffix.lower() != ".svg":
        raise click.BadParameter(f"{path} does not end in .svg, the one format that is drawn")
    return path


def picture_options(command: Callable[..., None]) -> Callable[..., None]:
    """Add the options that show an answer as a picture."""
    svg = click.Path(dir_okay=False, path_type=Path)
    bars_help = "Print figures with their intervals, as lines on one axis, in place of a --format."
    plot_help = "Draw them to this file too, with caveats and source in it."
    page_help = "Open the answer in the browser too."
    command = click.option("--open", "page", is_flag=True, help=page_help)(command)
    command = click.option("--plot", type=svg, callback=check_svg, metavar="FILE.svg", help=plot_help)(
        command
    )
    return click.option("--bars", is_flag=True, help=bars_help)(command)


def pictured(
    client: "Client", job_id: str, output: Output, *, bars: bool, plot: Path | None, page: bool
) -> Output:
    """Draw a result to the file, open its page, and return it as bars need it."""
    if not (bars or plot or page):
        return output
    from chalicelib.web.client.statline import StatlineError
    from local.cli.client import Refused

    try:
        answer = client.answer(job_id, output.document)
        statement, picture, url = answer.statement, answer.svg(), answer.url
    except (StatlineError, ValueError) as error:  # such as an address with a user in it
        raise Refused(str(error)) from None
    if plot:
        plot.write_text(picture, encoding="utf-8")
    if page:
        open_page(url)
    # A mean's notes say what it mixes; that its data are invented, and of which question it is, stands here.
    return output if statement in output.notes else output._replace(notes=[statement, *output.notes])


def open_page(url: str) -> None:
    import webbrowser

    if not webbrowser.open(url):
        print(f"no browser opens here: {url}", file=sys.stderr)
