"""What the rules in force are after a restart, with files that are not as they were."""

import shutil
from dataclasses import replace

import pytest
from support.ruling import KINDS
from support.source import ROOT

from alerts.rulebook.last_right import LastRight
from alerts.rulebook.rule_book import RuleBook

GOOD = "every_form.good.yaml"
IDS = ["shortest", "own_limit_of_the_site", "low_with_clear", "with_a_condition"]


@pytest.fixture
def folder(tmp_path):
    made = tmp_path / "rules"
    made.mkdir()
    shutil.copy(ROOT / "tests" / "data" / "rules" / GOOD, made / GOOD)
    return made


@pytest.fixture
def kept(tmp_path):
    return tmp_path / "state" / "rules-last-right"


@pytest.fixture
def started(folder, kept):
    """Read the rules as a process does when it starts; the one that judges also keeps them."""

    def start(*, keeps=True, kinds=KINDS):
        book = RuleBook(folder, kinds, LastRight(kept))
        if keeps:
            book.keep()
        return book

    return start


def slip(folder, name=GOOD):
    path = folder / name
    path.write_text(path.read_text(encoding="utf-8").replace("above: 100", "above: 1oo"), encoding="utf-8")


def unarmed(book):
    return [problem.message for problem in book.problems if problem.message.startswith("none of its rules")]


def test_slip_of_the_pen_and_a_restart_leave_the_files_rules_in_force(folder, started):
    right = started().rules
    slip(folder)
    for _ in range(3):
        book = started()
        assert book.rules == right
        assert [problem.path for problem in book.problems] == [str(folder / GOOD)]


def test_what_is_kept_is_what_was_right_last(folder, started):
    started()
    text = (folder / GOOD).read_text(encoding="utf-8")
    (folder / GOOD).write_text(text.replace("above: 100", "above: 110"), encoding="utf-8")
    started()
    (folder / GOOD).write_text("rules: [", encoding="utf-8")
    assert started().rules["shortest"].limit == 110


def test_change_while_running_is_kept_too(folder, started):
    book = started()
    text = (folder / GOOD).read_text(encoding="utf-8")
    (folder / GOOD).write_text(text.replace("above: 100", "above: 110.5"), encoding="utf-8")
    book.refresh()
    book.keep()
    slip_of = text.replace("above: 100", "above: oh dear")
    (folder / GOOD).write_text(slip_of, encoding="utf-8")
    book.refresh()
    book.keep()
    assert started().rules["shortest"].limit == 110.5


def test_file_that_was_removed_is_gone_after_a_restart_and_does_not_come_back(folder, kept, started):
    started()
    (folder / GOOD).unlink()
    assert started().rules == {}
    assert list(kept.iterdir()) == []
    (folder / GOOD).write_text("rules: [", encoding="utf-8")
    assert started().rules == {}


def test_file_that_was_never_right_says_that_it_has_no_rule_in_force(folder, started):
    slip(folder)
    book = started()
    assert book.rules == {}
    assert unarmed(book) == ["none of its rules is in force: it was never right"]


def test_each_state_folder_keeps_its_own(folder, started, tmp_path):
    started()
    slip(folder)
    assert list(started().rules) == IDS
    assert RuleBook(folder, KINDS, LastRight(tmp_path / "another")).rules == {}


def test_kept_text_that_fits_the_kinds_no_more_is_told_and_no_reason_to_fall(folder, kept, started):
    started()
    flood = KINDS["flood"]
    others = {name: metric for name, metric in flood.metrics.items() if name != "water_level_cm"}
    changed = replace(flood, metrics=others, primary=next(iter(others)), derived={})
    slip(folder)
    book = started(kinds=KINDS | {"flood": changed})
    assert book.rules == {}
    (told,) = unarmed(book)
    assert f"what it held when it was last right fits no more, {kept / GOOD}:" in told
    assert "has no metric 'water_level_cm'" in told
    assert list(started().rules) == IDS, "with the old kinds back, what was kept is there still"


def test_who_only_looks_writes_nothing(kept, started):
    started(keeps=False)
    assert not kept.exists()


def test_id_belongs_to_its_file_after_a_restart_too(folder, started):
    started()
    shutil.copy(folder / GOOD, folder / "aa.yaml")
    book = started()
    assert {problem.path for problem in book.problems} == {str(folder / "aa.yaml")}
    slip(folder)
    book = started()
    assert {problem.path for problem in book.problems} == {str(folder / "aa.yaml"), str(folder / GOOD)}
    assert list(book.rules) == IDS


def test_damaged_copy_is_told_like_one_that_fits_no_more(folder, kept, started):
    started()
    (kept / GOOD).write_bytes(b"\xff\xfe")
    slip(folder)
    (told,) = unarmed(started(keeps=False))
    assert "is not UTF-8 text" in told


def test_what_could_not_be_kept_is_tried_again(folder, kept, started):
    kept.parent.mkdir()
    kept.write_text("a file where the folder should be")
    book = started(keeps=False)
    with pytest.raises(OSError, match="exists"):
        book.keep()
    kept.unlink()
    book.keep()
    slip(folder)
    assert list(started().rules) == IDS
