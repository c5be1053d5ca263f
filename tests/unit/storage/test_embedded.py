from __future__ import annotations

import os
import sqlite3

import pytest
from support.stores import EVER, at, history, reading

from storage.embedded import EmbeddedReadings
from storage.ports import StorageUnavailable


@pytest.fixture
def path(tmp_path):
    return tmp_path / "readings.sqlite"


@pytest.fixture
def store(path):
    store = EmbeddedReadings(path)
    yield store
    store.close()


def test_reading_before_the_first_write_makes_no_file(store, path):
    assert history(store) == []
    assert not path.exists()


def test_a_file_that_is_no_database_is_unavailable_and_left_alone(store, path):
    path.write_bytes(b"Tinggi muka air;2026\n" * 200)
    before = path.read_bytes()
    with pytest.raises(StorageUnavailable, match="no SQLite database"):
        store.write([reading()])
    with pytest.raises(StorageUnavailable, match="no SQLite database"):
        history(store)
    assert path.read_bytes() == before


def test_a_damaged_file_is_unavailable(store, path):
    store.write([reading(observed_at=at(n), site_id=f"post-{n}") for n in range(3000)])
    store.close()
    data = bytearray(path.read_bytes())
    data[8192:-4096] = os.urandom(len(data) - 12288)
    path.write_bytes(data)
    with pytest.raises(StorageUnavailable, match="damaged"):
        history(store)


def test_a_folder_that_is_gone_is_unavailable(tmp_path):
    store = EmbeddedReadings(tmp_path / "gone" / "readings.sqlite")
    with pytest.raises(StorageUnavailable, match="its folder exists"):
        store.write([reading()])


def test_a_folder_in_place_of_the_file_is_unavailable(store, path):
    path.mkdir()
    with pytest.raises(StorageUnavailable):
        store.write([reading()])


def test_after_a_fault_the_next_write_starts_afresh(store, path):
    path.write_bytes(b"no database" * 100)
    with pytest.raises(StorageUnavailable):
        store.write([reading()])
    path.unlink()
    store.write([reading()])
    assert history(store) == [reading()]


def test_a_batch_that_fails_in_the_middle_leaves_nothing_behind(store):
    store.write([reading(observed_at=at(0))])
    unstorable = reading(kind="air", site_id="\ud800", values={"pm10": 1.0})
    with pytest.raises(UnicodeEncodeError):
        store.write([reading(observed_at=at(2)), unstorable])
    assert [r.observed_at for r in history(store)] == [at(0)]
    store.write([reading(kind="air", values={"pm10": 1.0})])
    assert len(history(store, "air")) == 1


def test_a_writer_waits_for_another_one(store, path):
    store.write([reading()])
    other = sqlite3.connect(path, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    stream = store.read("flood", **EVER)
    assert next(stream) == reading()
    stream.close()
    other.execute("ROLLBACK")
    other.close()
    store.write([reading(observed_at=at(1))])
    assert len(history(store)) == 2
