"""The command that asks a kept answer's question again, and says whether the bytes are the same."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import click

from chalicelib.domain.statistics.registry import STATISTICS
from local.cli.connection import STATUSES, connect, service_options, wait
from local.cli.input_options import given_inputs, input_options
from local.cli.output import printable

EXAMPLES = """
\b
Examples:
  python -m local ask estimate Q036 --state Ohio > answer.json
  python -m local replay answer.json
  python -m local ask best5 Q036 > best.json
  python -m local replay best.json best5 Q036
"""


@click.command(epilog=EXAMPLES + STATUSES)
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.argument("statistic", type=click.Choice(list(STATISTICS)), metavar="[STATISTIC", required=False)
@click.argument("question", metavar="QUESTION]", required=False)
@input_options
@service_options
def replay(
    file: Path,
    statistic: str | None,
    question: str | None,
    url: str,
    api_key: str,
    **options: str | None,
) -> None:
    """Ask again for the answer in FILE, and say whether its bytes are the same.

    An answer of a mean does not say what was asked: name its statistic, question and inputs.
    """
    kept = answer_in(file)
    name, inputs = asked(kept)
    if statistic and question:
        name, inputs = statistic, given_inputs(STATISTICS[statistic], question, options)
    if not name:
        raise click.UsageError(f"{file} does not say what was asked: name its statistic and question too")
    from local.cli.names import resolved

    with connect(url, api_key) as client:
        answer = wait(client, client.submit(name, resolved(client, dict(inputs))))
    if compact(answer) == compact(kept):
        click.echo(f"The same bytes{replay_of(answer)}.")
        return
    click.echo(printable(f"Not the same{replay_of(answer)}: {reason(kept, answer)}."))
    raise click.exceptions.Exit(1)


def answer_in(file: Path) -> dict[str, Any]:
    """Return the answer in a file: bare, as get_results returned it, or as a results document has it."""
    try:
        content = json.loads(file.read_text())
    except ValueError as error:
        raise click.UsageError(f"{file} holds no JSON: {error}") from None
    if not isinstance(content, dict):
        raise click.UsageError(f"{file} holds no answer, which is a JSON object")
    inner = content.get("data") if content.get("status") == "done" else content.get("result", {})
    value = inner.get("value", inner) if isinstance(inner, dict) and "mediaType" in inner else inner
    return value if isinstance(value, dict) and value else content


def asked(answer: Mapping[str, Any]) -> tuple[str, Mapping[str, str]]:
    """Return the statistic and the inputs that an answer names; empty where it names none."""
    try:
        name, inputs = answer["method"]["id"].partition("/")[0], dict(answer["provenance"]["inputs"])
    except (KeyError, TypeError, AttributeError, ValueError):
        return "", {}
    return (name, inputs) if name in STATISTICS else ("", {})


def compact(answer: object) -> str:
    """Return an answer as the service writes it."""
    return json.dumps(answer, ensure_ascii=False, separators=(",", ":"))


def replay_of(answer: Mapping[str, Any]) -> str:
    provenance = answer.get("provenance")
    return f", replay {provenance['replay']}" if isinstance(provenance, dict) else ""


def reason(kept: Mapping[str, Any], answer: Mapping[str, Any]) -> str:
    """Return why an answer differs from the kept one."""
    before, now = (part.get("provenance", {}).get("dataset", "") for part in (kept, answer))
    if before != now:
        return f"it was of the data set {before}, and {now} is served"
    if (method := kept.get("method")) != answer.get("method"):
        return f"the method was {compact(method)}, and is {compact(answer.get('method'))}"
    return difference(kept, answer)


def difference(kept: Any, answer: Any, where: str = "") -> str:
    """Return the first place where two answers differ, and what stands there."""
    if isinstance(kept, dict) and isinstance(answer, dict) and list(kept) == list(answer):
        pairs = [(f"{where}.{name}", kept[name], answer[name]) for name in kept]
    elif isinstance(kept, list) and isinstance(answer, list) and len(kept) == len(answer):
        pairs = [(f"{where}[{place}]", *both) for place, both in enumerate(zip(kept, answer, strict=True))]
    else:
        name = where.removeprefix(".") or "the answer"
        return f"{name} was {compact(kept)[:200]}, and is {compact(answer)[:200]}"
    place, first, second = next(pair for pair in pairs if compact(pair[1]) != compact(pair[2]))
    return difference(first, second, place)
