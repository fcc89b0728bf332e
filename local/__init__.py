"""The emulator: a laptop in the cloud's place. Never ships to Lambda."""

import os


def plug_in() -> None:
    """Let views use the emulator's service, and `chalice local` start it before the first request.

    Starts nothing and imports nothing heavy: `chalice package` imports the application too.
    """
    from chalicelib.bootstrap import get_service
    from local.http import chalice_local

    def service():  # type: ignore[no-untyped-def] # its type would import the emulator
        from local.emulator.emulator import laptop

        return laptop().service

    get_service.use(service)
    chalice_local.use_dev_server()
    if "CHALICE_WORKER" in os.environ:
        from local.http import reloading

        reloading.watch_only_sources()
