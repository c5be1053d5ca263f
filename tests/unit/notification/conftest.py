from __future__ import annotations

import pytest

from storage.database import Database


@pytest.fixture
def database(tmp_path):
    database = Database.in_folder(tmp_path)
    database.upgrade()
    yield database
    database.close()
