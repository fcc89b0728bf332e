"""The emulator: a laptop in the cloud's place. Never ships to Lambda."""

import os


def plug_in() -> None:
    """Make this process's service the emulator's, and `chalice local` our server.

    Starts nothing and imports nothing heavy: `chalice package` imports the application too.
    """
    from chalicelib.bootstrap import get_service
    from local.http import server

    def service():  # type: ignore[no-untyped-def] # its type would import the emulator
        from local.emulator.emulator import laptop

        return laptop().service

    get_service.use(service)
    server.replace_chalices_own()
    if "CHALICE_WORKER" in os.environ:
        from local.http import reloading

        reloading.watch_sources_only()
