"""The operational database's tables, all of them, for tests of its schema."""

from __future__ import annotations

from pathlib import Path

_ROOT = Path(__file__).parents[2]
TABLE_MODULES = sorted(
    ".".join(path.relative_to(_ROOT).with_suffix("").parts)
    for room in ("storage", "devices", "people", "alerts", "ingest", "dashboard", "pantau")
    for path in (_ROOT / room).rglob("*_table.py")
)
