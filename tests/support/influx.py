"""A real InfluxDB for tests: the one that the environment names, or an `influxd` 1.x started for the run.

Environment: `PANTAU_TEST_INFLUXDB_URL`, `_TOKEN`, `_ORG` (1.8 or 2.x). For every test a bucket or database is
created, its name beginning with `PANTAU_TEST_INFLUXDB_BUCKET` (default `pantau_test`), and dropped again.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import threading
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from queue import Empty, Queue

from influxdb_client import InfluxDBClient

from config.settings import InfluxAddress

_START_TIMEOUT_S = 60
_CONFIG = """\
reporting-disabled = true
bind-address = "127.0.0.1:0"
[meta]
dir = "{folder}/meta"
[data]
dir = "{folder}/data"
wal-dir = "{folder}/wal"
[monitor]
store-enabled = false
[http]
bind-address = "127.0.0.1:0"
flux-enabled = true
log-enabled = false
max-row-limit = {max_row_limit}
"""
NO_SERVER = (
    "no InfluxDB: put influxd 1.8 on the PATH"
    " (go install github.com/influxdata/influxdb/cmd/influxd@v1.8.10) or set PANTAU_TEST_INFLUXDB_URL"
)


class NoServer(Exception):  # noqa: N818 - a reason to skip
    """There is no InfluxDB to test with; the message says what to do."""


@contextmanager
def server(folder: Path) -> Iterator[InfluxAddress]:
    """Give the address of a running server, ended afterwards when it was started here."""
    url = os.environ.get("PANTAU_TEST_INFLUXDB_URL", "")
    if url:
        yield InfluxAddress(
            url=url,
            org=os.environ.get("PANTAU_TEST_INFLUXDB_ORG", ""),
            bucket=os.environ.get("PANTAU_TEST_INFLUXDB_BUCKET", "pantau_test"),
            token=os.environ.get("PANTAU_TEST_INFLUXDB_TOKEN", ""),
        )
        return
    with started(folder) as url:
        yield InfluxAddress(url=url, bucket="pantau_test")


@contextmanager
def started(folder: Path, *, max_row_limit: int = 0) -> Iterator[str]:
    """Start an `influxd` 1.x on a free port of loopback and give its URL."""
    program = _influxd()
    config = folder / "influxdb.conf"
    config.write_text(_CONFIG.format(folder=folder, max_row_limit=max_row_limit))
    command = [program, "run", "-config", str(config)]
    with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True) as process:
        told: Queue[str] = Queue()
        listener = threading.Thread(target=_listen, args=(process, told))
        listener.start()
        try:
            yield f"http://{_first(told)}"
        finally:
            process.terminate()
            listener.join()


@contextmanager
def fresh_bucket(server_address: InfluxAddress) -> Iterator[InfluxAddress]:
    """Give the address of an empty bucket or database of its own, taken away afterwards."""
    name = f"{server_address.bucket}_{uuid.uuid4().hex[:12]}"
    address = InfluxAddress(
        url=server_address.url, org=server_address.org, bucket=name, token=server_address.token
    )
    with _client(address) as client:
        if client.version().lstrip("v").startswith("2."):
            bucket = client.buckets_api().create_bucket(bucket_name=name)
            yield address
            client.buckets_api().delete_bucket(bucket)
        else:
            statement(address, f'CREATE DATABASE "{name}"')
            yield address
            statement(address, f'DROP DATABASE "{name}"')


def statement(address: InfluxAddress, text: str) -> object:
    """Run one InfluxQL statement and return the server's answer."""
    with _client(address) as client:
        return client.api_client.call_api(
            "/query",
            "POST",
            query_params=[("db", address.bucket), ("q", text)],
            header_params={"Accept": "application/json"},
            auth_settings=[],
            response_type="object",
            _return_http_data_only=True,
        )


def raw_write(address: InfluxAddress, lines: str) -> None:
    """Write line protocol as another program would, the time in microseconds."""
    with _client(address) as client:
        client.api_client.call_api(
            "/api/v2/write",
            "POST",
            query_params=[("bucket", address.bucket), ("org", address.org), ("precision", "us")],
            header_params={"Content-Type": "text/plain"},
            body=lines.encode(),
            auth_settings=[],
        )


def _client(address: InfluxAddress) -> InfluxDBClient:
    return InfluxDBClient(url=address.url, token=address.token or None, org=address.org)


def _influxd() -> str:
    program = shutil.which("influxd") or _in_go_folder()
    if program is None:
        raise NoServer(NO_SERVER)
    version = subprocess.run([program, "version"], capture_output=True, text=True, check=False).stdout
    if re.search(r"\bv?2\.\d", version):
        raise NoServer(
            f"{version.split(' (')[0].strip()} is on the PATH: start it and set PANTAU_TEST_INFLUXDB_URL,"
            " _ORG and _TOKEN; only influxd 1.x is started here"
        )
    return program


def _in_go_folder() -> str | None:
    go = shutil.which("go")
    if go is None:
        return None
    folder = subprocess.run([go, "env", "GOPATH"], capture_output=True, text=True, check=False).stdout.strip()
    return shutil.which("influxd", path=str(Path(folder) / "bin"))


def _listen(process: subprocess.Popen[str], told: Queue[str]) -> None:
    """Read what the server logs to its end, so that its pipe never fills, and tell the address it serves."""
    for line in process.stderr or ():
        if match := re.search(r'Listening on HTTP".* addr=(\S+)', line):
            told.put(match[1])


def _first(told: Queue[str]) -> str:
    try:
        return told.get(timeout=_START_TIMEOUT_S)
    except Empty:
        raise AssertionError(f"influxd did not listen within {_START_TIMEOUT_S} s") from None
