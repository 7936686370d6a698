"""Checks before a process starts: later the error would occur in a library or another thread, or cause a hang.

Each check raises StartFault, or a database error that `start_faults` handles.
"""

import errno
import socket
from contextlib import closing
from urllib.parse import urlsplit

from maac_sim.start_faults import StartFault

NOT_ON_THIS_MACHINE = (errno.EADDRNOTAVAIL, errno.EAFNOSUPPORT)


def check_address(host: str, port: int) -> None:
    """Check that a server can listen on the address."""
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)
        results = [_bind_error(family, address) for family, *_, address in found]
    except (OSError, UnicodeError) as error:
        raise _cannot_listen(host, port, getattr(error, "strerror", None) or "no such host") from None
    errors = [error for error in results if error]
    # A host name can resolve to an IPv6 address, even on a machine without IPv6.
    decisive = [error for error in errors if error.errno not in NOT_ON_THIS_MACHINE]
    if decisive or len(errors) == len(results):
        raise _cannot_listen(host, port, (decisive or errors)[0].strerror)


def _bind_error(family: socket.AddressFamily, address: object) -> OSError | None:
    try:
        with closing(socket.socket(family, socket.SOCK_STREAM)) as server:
            server.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            server.bind(address)  # type: ignore[arg-type]
    except OSError as error:
        return error
    return None


def _cannot_listen(host: str, port: int, reason: str | None) -> StartFault:
    return StartFault(
        f"Cannot listen on {host}:{port} ({reason}). Choose another with MAAC_SIM_HOST and MAAC_SIM_PORT."
    )


def check_database(*, needs_tables: bool) -> None:
    """Check that the database responds, is writable and has this version's tables (`needs_tables`)."""
    from django.conf import settings
    from django.db import connection

    from maac_sim.data_folder import try_to_write

    if settings.EMBEDDED:
        try_to_write(settings.DATA_DIR)
    _connect()
    with closing(connection):
        _check_migrations(needs_tables)


def _connect() -> None:
    from django.db import ProgrammingError, connection

    try:
        connection.ensure_connection()
    except ProgrammingError as error:
        # psycopg reports an option that libpq does not know in this way.
        raise StartFault(f"DATABASE_URL cannot be used: {str(error).strip()}.") from None


def _check_migrations(needs_tables: bool) -> None:
    from django.db import connection
    from django.db.migrations.executor import MigrationExecutor

    executor = MigrationExecutor(connection)
    loader = executor.loader
    known = {*loader.disk_migrations, *(old for new in loader.disk_migrations.values() for old in new.replaces)}
    unknown = sorted(key for key in loader.applied_migrations if key[0] in loader.migrated_apps and key not in known)
    if unknown:
        app, name = unknown[-1]
        raise StartFault(
            f"The database {_name()} was made by a newer maac-sim: this one does not know its migration {app}.{name}. "
            "Start a newer maac-sim, or use another database."
        )
    missing = len(executor.migration_plan(loader.graph.leaf_nodes()))
    if needs_tables and missing:
        raise StartFault(f"The database {_name()} lacks {missing} migrations. Apply them first: maac-sim setup")


def _name() -> str:
    from django.db import connection

    return str(connection.settings_dict["NAME"])


def check_broker() -> None:
    """Check that Redis responds and accepts the password."""
    import redis
    from django.conf import settings

    url = settings.CELERY_BROKER_URL
    parts = urlsplit(url)
    if parts.scheme not in ("redis", "rediss"):
        return
    try:
        with redis.Redis.from_url(url, socket_connect_timeout=5, socket_timeout=5) as client:
            client.ping()
    except (redis.RedisError, OSError, ValueError) as error:
        raise StartFault(
            f"Redis at {parts.hostname}:{parts.port or 6379} does not serve us: {error} Check REDIS_URL."
        ) from None
