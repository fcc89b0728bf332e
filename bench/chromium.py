"""A tab of a headless Chromium over the DevTools protocol: pages, keys, media, what it logs and fetches."""

import asyncio
import json
import re
import shutil
import subprocess
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import aiohttp

CHROMIUM = shutil.which("chromium")

OPTIONS = """
    --headless --no-sandbox --disable-gpu --disable-quic --no-first-run --disable-background-networking
    --disable-component-update --disable-sync --remote-debugging-port=0
"""
SECONDS = 60
KEYS = {
    "Tab": ("Tab", 9, ""),
    "Enter": ("Enter", 13, "\r"),
    "Space": ("Space", 32, " "),
    "ArrowDown": ("ArrowDown", 40, ""),
    "ArrowUp": ("ArrowUp", 38, ""),
    "End": ("End", 35, ""),
    "Home": ("Home", 36, ""),
}
LOGGED = {"Runtime.consoleAPICalled", "Runtime.exceptionThrown", "Log.entryAdded"}


class Tab:
    """A tab of its own; `logged` is what its console shows, `requested` the addresses it has asked for."""

    def __init__(self, loop: asyncio.AbstractEventLoop, socket: aiohttp.ClientWebSocketResponse) -> None:
        self.loop, self.socket, self.number = loop, socket, 0
        self.logged: list[str] = []
        self.requested: list[str] = []
        self.dialogs: list[str] = []
        for domain in ("Page", "Runtime", "Log", "Network"):
            self.call(f"{domain}.enable")

    def call(self, method: str, **params: Any) -> dict[str, Any]:
        """Send a command and return its result. Raises RuntimeError."""
        return self.loop.run_until_complete(asyncio.wait_for(self._call(method, params), SECONDS))

    async def _call(self, method: str, params: Mapping[str, Any]) -> dict[str, Any]:
        self.number += 1
        await self.socket.send_json({"id": self.number, "method": method, "params": params})
        while True:
            message = await self.socket.receive_json()
            if message.get("id") == self.number:
                if "error" in message:
                    raise RuntimeError(f"{method}: {message['error']}")
                return dict(message["result"])
            self._note(message)

    def _note(self, message: Mapping[str, Any]) -> None:
        method, params = message.get("method", ""), message.get("params", {})
        if method in LOGGED:
            self.logged.append(json.dumps(params)[:1000])
        elif method == "Network.requestWillBeSent":
            self.requested.append(params["request"]["url"])
        elif method == "Page.javascriptDialogOpening":
            self.dialogs.append(params["message"])

    def evaluate(self, expression: str) -> Any:
        """Return the JSON value of an expression, awaited. Raises RuntimeError if it throws."""
        result = self.call(
            "Runtime.evaluate",
            expression=expression,
            returnByValue=True,
            awaitPromise=True,
            userGesture=True,
        )
        if "exceptionDetails" in result:
            raise RuntimeError(json.dumps(result["exceptionDetails"])[:2000])
        return result["result"].get("value")

    def until(self, condition: str, seconds: float = 20) -> Any:
        """Wait until an expression holds, and return its value; a page that is left meanwhile is no fault."""
        look = f"""new Promise((resolve, reject) => {{
            const end = performance.now() + {seconds * 1000}
            const look = () => {{
                const value = {condition}
                if (value) resolve(value)
                else if (performance.now() > end) reject(new Error('still not: ' + {json.dumps(condition)}
                    + '; the page says ' + document.body?.innerText.slice(0, 600)))
                else setTimeout(look, 20)
            }}
            look()
        }})"""
        for _ in range(20):
            try:
                return self.evaluate(look)
            except RuntimeError as error:
                if not re.search(r"context was destroyed|navigated or closed|Cannot find", str(error)):
                    raise
        raise AssertionError(f"the page is left again and again before {condition}")

    def visit(self, url: str, ready: str = "true", seconds: float = 20) -> None:
        """Open a page, and wait until it is loaded, its scripts have begun, and it is `ready`."""
        error = self.call("Page.navigate", url=url).get("errorText")
        assert not error, f"{url}: {error}"
        self.until(
            f"location.href === {json.dumps(url)} && document.readyState === 'complete' && ({ready})", seconds
        )

    def visit_blind(self, url: str) -> None:
        """Open a page whose scripts do not run, and wait for its load event."""
        self.call("Page.navigate", url=url)
        self.loop.run_until_complete(asyncio.wait_for(self._event("Page.loadEventFired"), SECONDS))

    async def _event(self, method: str) -> None:
        while (message := await self.socket.receive_json()).get("method") != method:
            self._note(message)

    def accept(self, act: str) -> str:
        """Do what opens a dialog, accept it, and return its text."""
        self.dialogs.clear()
        self.evaluate(f"setTimeout(() => {{ {act} }})")
        self.loop.run_until_complete(asyncio.wait_for(self._dialog(), SECONDS))
        self.call("Page.handleJavaScriptDialog", accept=True)
        return self.dialogs[0]

    async def _dialog(self) -> None:
        while not self.dialogs:
            self._note(await self.socket.receive_json())

    def press(self, *names: str) -> None:
        """Press keys, by their names or characters, one after the other."""
        for name in names:
            code, number, text = KEYS.get(name, (name, ord(name[0].upper()), name))
            key = {"key": " " if name == "Space" else name, "code": code, "windowsVirtualKeyCode": number}
            self.call("Input.dispatchKeyEvent", type="keyDown", **key, **({"text": text} if text else {}))
            self.call("Input.dispatchKeyEvent", type="keyUp", **key)

    def resize(self, width: int, height: int = 900) -> None:
        self.call(
            "Emulation.setDeviceMetricsOverride",
            width=width,
            height=height,
            deviceScaleFactor=1,
            mobile=False,
        )

    def media(self, **features: str) -> None:
        """Emulate media features, such as prefers_color_scheme="dark"."""
        listed = [{"name": name.replace("_", "-"), "value": value} for name, value in features.items()]
        self.call("Emulation.setEmulatedMedia", features=listed)

    def scripts(self, enabled: bool) -> None:
        self.call("Emulation.setScriptExecutionDisabled", value=not enabled)

    def html(self) -> str:
        """Return the markup of the page, scripts or none."""
        root = self.call("DOM.getDocument")["root"]["nodeId"]
        return str(self.call("DOM.getOuterHTML", nodeId=root)["outerHTML"])

    def faults(self, own: str) -> list[str]:
        """Return what the console shows, and requests to other origins than `own`."""
        foreign = [url for url in self.requested if not url.startswith((own, "data:", "blob:", "about:"))]
        return self.logged + foreign


@contextmanager
def chromium(profile: Path, *options: str) -> Iterator[Tab]:
    """Start a browser with a profile of its own, and yield its first tab."""
    command = [str(CHROMIUM), *OPTIONS.split(), *options, f"--user-data-dir={profile}", "about:blank"]
    process = subprocess.Popen(command, stderr=subprocess.PIPE, stdout=subprocess.DEVNULL, text=True)
    loop = asyncio.new_event_loop()
    session = loop.run_until_complete(opened())
    try:
        address = next(
            found[1] for line in process.stderr or () if (found := re.search(r"on (ws://\S+)", line))
        )
        yield Tab(loop, loop.run_until_complete(connected(session, address)))
    finally:
        loop.run_until_complete(session.close())
        loop.close()
        process.terminate()
        process.communicate(timeout=30)
        shutil.rmtree(profile, ignore_errors=True)


async def opened() -> aiohttp.ClientSession:
    return aiohttp.ClientSession()


async def connected(session: aiohttp.ClientSession, address: str) -> aiohttp.ClientWebSocketResponse:
    host = address.removeprefix("ws://").partition("/")[0]
    async with session.get(f"http://{host}/json") as response:
        target = next(entry for entry in await response.json() if entry["type"] == "page")
    return await session.ws_connect(target["webSocketDebuggerUrl"], max_msg_size=0)
