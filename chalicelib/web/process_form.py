"""The form on the page of a process, made from the JSON Schemas of its inputs."""

from collections.abc import Iterator, Mapping
from typing import Any

from chalicelib.web.forms import choice, field_of, text_input
from chalicelib.web.markup import Html, element, prose
from chalicelib.web.pages import Site

# A longer list is no help: its names are typed.
LARGEST_LIST = 1_000


def process_form(site: Site, process: Mapping[str, Any]) -> Html:
    """Return a form that asks the process by a GET, so that it works without scripts."""
    fields = [labelled(name, described) for name, described in process["inputs"].items()]
    action = f"{site.base}/answers/{process['id']}.html"
    return element("form", fields, element("button", "Ask"), method="get", action=action, class_="fields")


def labelled(name: str, described: Mapping[str, Any]) -> Html:
    required = described["minOccurs"] > 0
    hint = element("small", prose(described["description"]), id=f"hint-{name}")
    title = described["title"] if required else f"{described['title']} (optional)"
    control = control_of(name, described["schema"], required)
    return element("div", field_of(title, control), hint)


def control_of(name: str, schema: Mapping[str, Any], required: bool) -> Html:
    more: dict[str, Any] = {"required": required, "aria_describedby": f"hint-{name}"}
    names = list(options(schema))
    if not names or len(names) > LARGEST_LIST:
        return text_input(name, {}, **more)
    absent = [] if required else [("", "")]
    return choice(name, [*absent, *names], {}, **more)


def options(schema: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """Yield the values of a schema with their texts: one for each question, whatever its names."""
    if "oneOf" in schema:
        yield from ((entry["enum"][0], entry["title"]) for entry in schema["oneOf"])
    else:
        yield from ((value, value) for value in schema.get("enum", ()))
