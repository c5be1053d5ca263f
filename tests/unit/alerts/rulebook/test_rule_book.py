import os
import shutil

import pytest
from support.ruling import KINDS
from support.source import ROOT

from alerts.rulebook.rule_book import RuleBook, read_rules
from config.problems import ConfigError

CORPUS = ROOT / "tests" / "data" / "rules"
GOOD, BAD = "every_form.good.yaml", "misspelt_key.bad.yaml"
IDS = ["shortest", "own_limit_of_the_site", "low_with_clear", "with_a_condition"]


@pytest.fixture
def folder(tmp_path):
    shutil.copy(CORPUS / GOOD, tmp_path / GOOD)
    return tmp_path


def write(path, text, *, second=1):
    """Write as an editor would at another second: the clock of a test does not move."""
    path.write_text(text, encoding="utf-8")
    os.utime(path, ns=(second * 10**9, second * 10**9))


def test_bad_file_is_refused_alone(folder):
    shutil.copy(CORPUS / BAD, folder / BAD)
    loaded = read_rules(folder, KINDS)
    assert [rule.id for rules in loaded.rules.values() for rule in rules] == IDS
    assert {problem.path for problem in loaded.problems} == {str(folder / BAD)}


def test_book_starts_with_what_is_right_and_tells_the_rest(folder):
    shutil.copy(CORPUS / BAD, folder / BAD)
    book = RuleBook(folder, KINDS)
    assert list(book.rules) == IDS
    assert {problem.path for problem in book.problems} == {str(folder / BAD)}
    assert book.problems[0].message == "none of its rules is in force: it was never right"


def test_nothing_changed_is_nothing_told(folder):
    assert RuleBook(folder, KINDS).refresh() is None


def test_change_is_told_once_by_rule(folder):
    book = RuleBook(folder, KINDS)
    text = (folder / GOOD).read_text(encoding="utf-8")
    write(folder / GOOD, text.replace("above: 100", "above: 120").replace("id: low_with_clear", "id: low"))
    changed = book.refresh()
    assert (changed.added, changed.altered, changed.removed) == (("low",), ("shortest",), ("low_with_clear",))
    assert str(changed) == "rules: 1 new, 1 changed, 1 gone"
    assert book.rules["shortest"].limit == 120
    assert book.refresh() is None


def test_slip_of_the_pen_keeps_the_files_rules_in_force_until_it_is_mended(folder):
    book = RuleBook(folder, KINDS)
    text = (folder / GOOD).read_text(encoding="utf-8")
    write(folder / GOOD, text.replace("above: 100", "above: 1oo"), second=1)
    changed = book.refresh()
    assert (changed.added, changed.altered, changed.removed) == ((), (), ())
    assert len(changed.problems) == len(book.problems) == 1
    assert list(book.rules) == IDS
    write(folder / GOOD, text.replace("above: 100", "above: 110"), second=2)
    assert book.refresh().altered == ("shortest",)
    assert book.problems == ()


def test_file_that_is_removed_takes_its_rules_along(folder):
    book = RuleBook(folder, KINDS)
    (folder / GOOD).unlink()
    assert book.refresh().removed == tuple(IDS)


@pytest.mark.parametrize("name", ["aa.yaml", "zz.yaml"])
def test_new_file_that_claims_known_ids_is_refused_alone_whatever_its_name(folder, name):
    book = RuleBook(folder, KINDS)
    text = (folder / GOOD).read_text(encoding="utf-8")
    write(folder / name, text.replace("above: 100", "above: 1"))
    changed = book.refresh()
    assert (changed.added, changed.altered, changed.removed) == ((), (), ())
    assert {problem.path for problem in changed.problems} == {str(folder / name)}


def test_id_of_a_file_that_cannot_be_read_now_is_not_free(folder):
    book = RuleBook(folder, KINDS)
    text = (folder / GOOD).read_text(encoding="utf-8")
    write(folder / "aa.yaml", text.replace("above: 100", "above: 1"))
    write(folder / GOOD, text.replace("above: 100", "above: 1oo"))
    changed = book.refresh()
    assert (changed.added, changed.altered, changed.removed) == ((), (), ())
    assert {problem.path for problem in changed.problems} == {str(folder / GOOD), str(folder / "aa.yaml")}


def test_rule_may_move_from_one_file_to_another(folder):
    book = RuleBook(folder, KINDS)
    (folder / GOOD).rename(folder / "aa.yaml")
    changed = book.refresh()
    assert (changed.added, changed.altered, changed.removed, changed.problems) == ((), (), (), ())


def test_folder_that_disappears_leaves_every_rule_in_force(folder):
    book = RuleBook(folder, KINDS)
    shutil.rmtree(folder)
    assert len(book.refresh().problems) == 1
    assert list(book.rules) == IDS


def test_missing_folder_at_the_start_is_an_error(tmp_path):
    with pytest.raises(ConfigError):
        RuleBook(tmp_path / "rules", KINDS)
