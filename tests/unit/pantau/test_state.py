from __future__ import annotations

import stat
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from pantau.console import Refusal
from pantau.state import State

AT_ONCE = 8


def test_processes_that_prepare_one_folder_at_once_do_not_refuse_each_other(tmp_path: Path) -> None:
    with ThreadPoolExecutor(AT_ONCE) as pool:
        for number in range(50):
            state = State(folder=tmp_path / str(number))
            list(pool.map(lambda _, state=state: state.prepare(), range(AT_ONCE)))
    assert sorted(path.name for path in (tmp_path / "0").iterdir()) == ["broker", "logs"]


def test_everybody_who_asks_for_a_secret_at_once_reads_the_same_one(tmp_path: Path) -> None:
    with ThreadPoolExecutor(AT_ONCE) as pool:
        for number in range(50):
            name = f"token-{number}"
            told = set(pool.map(lambda _, name=name: State(folder=tmp_path).secret(name), range(AT_ONCE)))
            assert len(told) == 1
            assert len(told.pop()) >= 24


def test_a_secret_is_readable_by_its_owner_only_and_stays_the_same(tmp_path: Path) -> None:
    state = State(folder=tmp_path)
    first = state.secret("token")
    assert state.secret("token") == first
    assert stat.S_IMODE((tmp_path / "token").stat().st_mode) == 0o600
    assert [path.name for path in tmp_path.iterdir()] == ["token"]


def test_a_folder_that_is_a_file_is_refused_with_a_sentence(tmp_path: Path) -> None:
    (tmp_path / "state").write_text("")
    with pytest.raises(Refusal, match="name another one with --state"):
        State(folder=tmp_path / "state").prepare()
