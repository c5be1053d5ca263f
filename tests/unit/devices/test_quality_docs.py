"""docs/quality.md names every setting that the files may have."""

from __future__ import annotations

from dataclasses import fields
from pathlib import Path

import pytest

from devices.derivations import Derivation
from devices.quality import Quality

DOCS = (Path(__file__).parents[3] / "docs" / "quality.md").read_text(encoding="utf-8")


@pytest.mark.parametrize("name", [field.name for owner in (Quality, Derivation) for field in fields(owner)])
def test_every_setting_is_in_the_docs(name):
    assert f"`{name}`" in DOCS
