"""Readings in InfluxDB: the store of record in production. The only module that knows its client.

Writing goes to `/api/v2/write` (InfluxDB 1.8, 2.x, 3), reading to `/query` with InfluxQL (1.8, 2.x since
2.4, 3). Bound to a version: 1.8 and 3 ignore the organisation; 1.8 stores the good lines of a batch that it
answers with 400, 2.x none of them; only 2.x answers 422. All of that comes out alike here.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from typing import Any
from urllib.parse import urlsplit

from influxdb_client.client.influxdb_client import InfluxDBClient
from influxdb_client.client.write_api import SYNCHRONOUS
from influxdb_client.rest import ApiException
from urllib3.exceptions import HTTPError, LocationValueError

from config.settings import InfluxAddress
from storage import influxql, line_protocol
from storage.influx_trouble import Place, Refused, query_trouble, trouble
from storage.ports import StorageMisconfigured, StorageRefused
from storage.readings import Identity, Reading, united

# InfluxDB's own advice for 2.x; larger requests gain nothing and lose more when one fails.
_BATCH_LINES = 5000
_PAGE_ROWS = 5000
_TIMEOUT_S = 10.0
# A request without points: it meets every check of token, organisation and bucket, and stores nothing.
_NO_POINTS = b"# pantau"

_Line = tuple[Identity, str]


class InfluxReadings:
    """A `ReadingWriter` and `ReadingReader` over one bucket (2.x) or database (1.8, 3).

    Nothing is connected before the first call. Writing belongs to one thread; reading is safe from several.
    The client's own retries are off: the caller holds the readings and decides when to try again.

    Args:
        address: Where and who; its token is never shown.
        timeout_s: Longest wait for one answer.
        page_rows: Rows asked for at once when reading; bounds the memory that a stream takes.
    """

    def __init__(
        self, address: InfluxAddress, *, timeout_s: float = _TIMEOUT_S, page_rows: int = _PAGE_ROWS
    ) -> None:
        self._address = address
        self._timeout_ms = round(timeout_s * 1000)
        self._page_rows = page_rows
        self._place = _place(address)
        self._client: Any = None  # the client's own annotations do not hold

    def write(self, readings: Sequence[Reading]) -> None:
        """Store the batch; see `ReadingWriter.write`."""
        lines: list[_Line] = []
        refused: dict[Identity, str] = {}
        for reading in united(readings):
            try:
                lines.append((reading.identity, line_protocol.line(reading)))
            except ValueError as error:
                refused[reading.identity] = str(error)
        for first in range(0, len(lines), _BATCH_LINES):
            refused |= self._write_batch(lines[first : first + _BATCH_LINES])
        if refused:
            raise StorageRefused([(r, refused[r.identity]) for r in readings if r.identity in refused])

    def read(
        self, kind: str, *, start: datetime, end: datetime, site_ids: Collection[str] | None = None
    ) -> Iterator[Reading]:
        """Yield readings oldest first; see `ReadingReader.read`."""
        if site_ids is not None and not site_ids:
            return
        start_ns, end_ns, limit = influxql.to_ns(start), influxql.to_ns(end), self._page_rows
        while start_ns < end_ns:
            query = influxql.page_query(
                kind, start_ns=start_ns, end_ns=end_ns, site_ids=site_ids, limit=limit
            )
            page = influxql.page(self._query(query), limit=limit)
            rows, next_ns = page.complete()
            yield from influxql.readings(kind, rows)
            if next_ns is None:
                return
            if not rows:
                limit = self._widened(limit, len(page.rows))
            start_ns = next_ns

    def check(self) -> str:
        """Return what answers, after asking everything that writing and reading need but a real reading.

        Raises:
            StorageUnavailable: Nothing answers there now.
            StorageMisconfigured: Something answers, but not to us; the sentence says which setting.
        """
        with self._errors():
            version = self._connected().version()
        self._require_acceptance()
        self._query("SHOW MEASUREMENTS LIMIT 1")
        place = self._place
        known = version if version[:1].isdigit() or version[:1] == "v" else "of unknown version"
        return f"InfluxDB {known} at {place.url} takes and gives readings in bucket '{place.bucket}'"

    def close(self) -> None:
        """Let go of all connections; the next call opens new ones."""
        client, self._client = self._client, None
        if client is not None:
            client.close()

    def _connected(self) -> Any:  # noqa: ANN401
        if self._client is None:
            self._client = InfluxDBClient(
                url=self._address.url,
                token=_checked_token(self._address.token),
                org=self._address.org,
                timeout=self._timeout_ms,
                enable_gzip=True,
                retries=False,
            )
        return self._client

    def _write_batch(self, lines: Sequence[_Line]) -> dict[Identity, str]:
        """Store lines and return the refused ones with the store's reasons."""
        reason = self._refusal(line_protocol.body(text for _, text in lines))
        if reason is None:
            return {}
        self._require_acceptance()
        return self._split(lines, reason)

    def _split(self, lines: Sequence[_Line], reason: str) -> dict[Identity, str]:
        """Store the halves of a refused batch, and so on, until only refused lines are left."""
        if len(lines) == 1:
            return {lines[0][0]: reason}
        refused: dict[Identity, str] = {}
        middle = len(lines) // 2
        for half in (lines[:middle], lines[middle:]):
            half_reason = self._refusal(line_protocol.body(text for _, text in half))
            if half_reason is not None:
                refused |= self._split(half, half_reason)
        return refused

    def _require_acceptance(self) -> None:
        """Make sure that a refusal means the lines: nothing is set aside for a fault of the configuration."""
        reason = self._refusal(_NO_POINTS)
        if reason is not None:
            raise self._place.misconfigured(
                f"refuses every write: {reason}; look at influxdb.org and influxdb.bucket"
            )

    def _refusal(self, body: bytes) -> str | None:
        """Write a body and return None when all of it is stored, else why something in it is refused."""
        try:
            with self._errors():
                self._connected().write_api(write_options=SYNCHRONOUS).write(
                    bucket=self._address.bucket, org=self._address.org, record=body, write_precision="us"
                )
        except Refused as refused:
            return str(refused)
        return None

    def _query(self, text: str) -> dict[str, Any]:
        """Return the result of one InfluxQL statement."""
        form = {"Accept": "application/json", "Content-Type": "application/x-www-form-urlencoded"}
        try:
            with self._errors():
                answer = self._connected().api_client.call_api(
                    "/query",
                    "POST",
                    query_params=[("db", self._address.bucket), ("epoch", "ns")],
                    header_params=form,
                    post_params=[("q", text)],
                    auth_settings=[],
                    response_type="object",
                    _return_http_data_only=True,
                )
        except Refused as refused:
            raise self._place.misconfigured(f"does not take our query: {refused}") from None
        if not isinstance(answer, dict) or not answer.get("results"):
            raise self._place.misconfigured("does not answer like InfluxDB; look at influxdb.url")
        result: dict[str, Any] = answer["results"][0]
        if "error" in result:
            raise query_trouble(self._place, str(result["error"]))
        return result

    def _widened(self, limit: int, row_count: int) -> int:
        """Return a larger limit for an instant that alone fills a page."""
        if row_count < limit:
            raise self._place.misconfigured(
                f"gives at most {row_count} rows, fewer than it holds at one instant;"
                " raise max-row-limit in its configuration"
            )
        return limit * 2

    @contextmanager
    def _errors(self) -> Iterator[None]:
        """Turn what the client raises into what the port promises."""
        try:
            yield
        except ApiException as error:
            retry_after = error.headers.get("Retry-After") if error.headers else None
            told = str(error.body or error.reason)
            # Not chained: an answer may repeat what was sent, and with it the token.
            raise trouble(self._place, error.status or 0, told, retry_after=retry_after) from None
        except (LocationValueError, UnicodeError):
            raise self._place.misconfigured("is no address of InfluxDB; look at influxdb.url") from None
        except HTTPError as error:
            raise self._place.unreachable(str(error)) from error


def _place(address: InfluxAddress) -> Place:
    parts = urlsplit(address.url)
    url = f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}{parts.path}".rstrip("/")
    return Place(url=url, bucket=address.bucket, secret=address.token.strip())


def _checked_token(token: str) -> str:
    """Return the token without the line end that a file leaves; HTTP's own complaint would show a bad one."""
    stripped = token.strip()
    if not (stripped.isascii() and stripped.isprintable()):
        raise StorageMisconfigured("PANTAU_INFLUXDB_TOKEN holds characters that no token has; copy it again")
    return stripped
