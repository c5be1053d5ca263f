import json
import shutil

import pytest
from support.alarming import at
from support.ruling import SITES, series
from support.source import ROOT

from devices.registry import Device, Registration
from devices.registry_table import register
from pantau.cli import main
from storage.database import Database
from storage.embedded import EmbeddedReadings

CORPUS = ROOT / "tests" / "data" / "rules"


@pytest.fixture
def said(capsys):
    def run(*words):
        code = main(["rules", *map(str, words)])
        return code, capsys.readouterr()

    return run


def test_the_schema_is_printed_as_json(said):
    code, told = said("schema")
    assert code == 0
    assert json.loads(told.out)["title"] == "Pantau alarm rules"


def test_the_shipped_rules_are_right(said):
    code, told = said("check")
    assert code == 0
    assert told.out.strip().endswith("files are right; 0 problems")


def test_faults_are_told_with_their_places_and_the_answer_is_no(said):
    bad = CORPUS / "misspelt_key.bad.yaml"
    code, told = said("check", bad, CORPUS / "every_form.good.yaml")
    assert code == 1
    assert told.out.startswith(f"{bad}:9:5: unknown key 'pendng'")
    assert told.out.strip().endswith("4 rules in 1 file are right; 1 problem")


RULE = """
  - id: {id}
    title: {{id: teks, en: text}}
    instruction: {{id: teks, en: text}}
    kind: flood
    metric: water_level_cm
    severity: high
    agency: BPBD
    {rest}"""


def rule_file(path, **rules):
    """Write a file of rules: of each, by its id, what it says beside the usual, a key a line."""
    texts = (RULE.format(id=id_, rest="\n    ".join(rest)) for id_, rest in rules.items())
    path.write_text("rules:" + "".join(texts) + "\n", encoding="utf-8")
    return path


def faults(told, path):
    """Return place and begin of what is told of a file."""
    lines = told.out.splitlines()[:-1]
    return [line.removeprefix(f"{path}:") for line in lines]


def test_all_faults_of_a_file_are_told_at_once_structural_or_not(said, tmp_path):
    path = rule_file(
        tmp_path / "draft.yaml",
        first=["above: 100", "pending: -5m", "deadband: -2"],
        second=["above: 100", "clear: 150"],
        third=["when: {rise: {by_per_h: 10, over: 6m}}"],
        fourth=["abvoe: 100"],
        third_again=["above: 99999"],
    )
    text = path.read_text(encoding="utf-8").replace("third_again", "third")
    path.write_text(text, encoding="utf-8")
    code, told = said("check", path)
    assert code == 1
    found = faults(told, path)
    for part in (
        "10:14: '-5m' is not a duration",
        "11:15: deadband is a distance and cannot be negative",
        "20:12: clear 150 lies above the limit 100",
        "28:39: shorter than two readings of flood",
        "36:5: unknown key 'abvoe': did you mean 'above'?",
        "37:9: rule 'third' exists already at",
        "44:12: limit 99999 is outside",
    ):
        assert any(line.startswith(part) for line in found), part
    assert told.out.splitlines()[-1] == "0 rules in 0 files are right; 7 problems"


def test_rule_that_includes_one_with_a_fault_is_not_told_that_there_is_none(said, tmp_path):
    path = rule_file(
        tmp_path / "draft.yaml", milder=["above: 1oo"], worse=["above: 200", "includes: [milder]"]
    )
    _, told = said("check", path)
    assert len(faults(told, path)) == 1


def test_draft_may_not_take_an_id_that_is_in_force_but_may_replace_its_own_file(said, tmp_path):
    code, told = said("check", rule_file(tmp_path / "draft.yaml", traffic_jam=["above: 100"]))
    assert code == 1
    assert "rule 'traffic_jam' exists already at" in told.out
    assert said("check", rule_file(tmp_path / "traffic.yaml", traffic_jam=["above: 100"]))[0] == 0


@pytest.fixture
def town(tmp_path):
    """A state folder whose database knows the sites of the tests."""
    state = tmp_path / "state"
    state.mkdir()
    database = Database.in_folder(state)
    database.upgrade()
    with database.transaction() as connection:
        for site in SITES.values():
            device = Device(id=f"{site.id}-flood", kind="flood")
            register(connection, [Registration(site=site, device=device, since=at(0))])
    database.close()
    return "--state", state


TYPOS = {
    "in_sites": (["sites: [nowere]"], "watches no site: no site is called 'nowere'; did you mean 'nowhere'?"),
    "in_one_of_two": (["sites: [post, pots]"], "no site is called 'pots'; did you mean 'post'?"),
    "in_areas": (
        ["areas: [Tamman]"],
        "watches no site: no site lies in the area 'Tamman'; did you mean 'Taman'?",
    ),
    "in_waterways": (["waterways: [Brantas]"], "watches no site: no site lies on 'Brantas'"),
    "in_tags": (["tags: [school]"], "watches no site: no site carries the tag 'school'"),
    "in_two_lists": (
        ["sites: [lower]", "areas: [Taman]"],
        "watches no site: no site fits all of sites, areas, waterways and tags",
    ),
}


def test_names_that_nothing_has_are_warned_of_with_their_places(said, tmp_path, town):
    rules = {id_: ["above: 100", *rest] for id_, (rest, _) in TYPOS.items()}
    path = rule_file(tmp_path / "draft.yaml", right=["above: 100", "sites: [post]"], **rules)
    code, told = said("check", path, *town)
    warnings = [line.split(": warning: ")[1] for line in told.out.splitlines()[:-1]]
    assert warnings == [f"rule '{id_}': {says}" for id_, (_, says) in TYPOS.items()]
    assert told.out.splitlines()[-1] == "7 rules in 1 file are right; 0 problems, 6 warnings"
    assert f"{path}:19:13: warning: rule 'in_sites'" in told.out
    assert code == 0


def test_misspelt_threshold_and_neighbour_are_warned_of_and_one_that_is_not_set_yet_is_a_note(
    said, tmp_path, town
):
    path = rule_file(
        tmp_path / "draft.yaml",
        misspelt=["above: {site: hihg}"],
        not_yet=["above: {site: bengawan_solo_siaga9}"],
        in_a_rise=["when: {rise: {by_per_h: {site: risse}, over: 30m}}"],
        neighbour=["sites: [lower]", "when: {value: {at: uper, above: 3}}"],
        right=["above: {site: high}"],
    )
    code, told = said("check", path, "--json", *town)
    report = json.loads(told.out)
    assert code == 0
    assert [(w["line"], w["message"].split("; did")[1]) for w in report["warnings"]] == [
        (9, " you mean 'high'?"),
        (25, " you mean 'rise'?"),
        (34, " you mean 'upper'?"),
    ]
    (note,) = report["notes"]
    assert (
        "watches no site: no site has the threshold 'bengawan_solo_siaga9' for water_level_cm"
        in note["message"]
    )


def test_without_a_database_no_name_is_doubted_and_none_is_made(said, tmp_path):
    path = rule_file(tmp_path / "draft.yaml", right=["above: 100", "sites: [nowere]"])
    code, told = said("check", path, "--state", tmp_path / "none")
    assert (code, told.out.strip()) == (0, "1 rule in 1 file is right; 0 problems")
    assert not (tmp_path / "none").exists()


def test_doctor_tells_what_rules_name_that_is_not_there(capsys, tmp_path, town):
    config = tmp_path / "config"
    (config / "rules").mkdir(parents=True)
    for name in ("kinds", "sources"):
        (config / name).symlink_to(ROOT / "config" / name)
    rule_file(config / "rules" / "flood.yaml", lost=["above: 100", "sites: [nowere]"])
    main(["doctor", *map(str, town), "--config", str(config)])
    (line,) = [line for line in capsys.readouterr().out.splitlines() if line[6:].startswith("rules")]
    assert line.startswith("MEND")
    assert "rule 'lost': watches no site: no site is called 'nowere'" in line


def test_check_can_be_read_by_programs(said):
    code, told = said("check", "--json", CORPUS / "negative_deadband.bad.yaml")
    (problem,) = json.loads(told.out)["problems"]
    assert (code, problem["line"]) == (1, 9)


def test_the_shipped_tests_pass(said):
    code, told = said("test")
    assert code == 0
    assert told.out.strip().endswith("tests, 0 failed")


def test_a_failing_test_is_a_no_and_tells_both_sides(said, tmp_path):
    shipped = (ROOT / "config" / "rules" / "tests" / "traffic.yaml").read_text(encoding="utf-8")
    (tmp_path / "traffic.yaml").write_text(shipped.replace("at: 9m", "at: 8m"), encoding="utf-8")
    code, told = said("test", tmp_path / "traffic.yaml")
    assert code == 1
    assert "did not come:     0h08m cleared traffic_jam at link" in told.out
    assert "was not expected: 0h09m cleared traffic_jam at link" in told.out


@pytest.fixture
def half_bad(tmp_path):
    """A configuration whose traffic rules are right and whose flood rules are not."""
    config = tmp_path / "config"
    shutil.copytree(ROOT / "config" / "rules", config / "rules")
    for name in ("kinds", "sources", "mappings"):
        (config / name).symlink_to(ROOT / "config" / name)
    flood = config / "rules" / "flood.yaml"
    flood.write_text(flood.read_text(encoding="utf-8").replace("pending:", "pendng:", 1), encoding="utf-8")
    return config


def test_tests_of_good_files_run_beside_a_bad_one(said, half_bad):
    code, told = said("test", "--config", half_bad)
    assert code == 1
    assert "flood.yaml" in told.err
    assert "ok     traffic.yaml" in told.out
    assert "FAILED" not in told.out
    assert "not tried: no file that is right holds rule 'bengawan_solo_siaga2'" in told.out
    traffic = half_bad / "rules" / "tests" / "traffic.yaml"
    code, told = said("test", traffic, "--config", half_bad)
    assert code == 0
    assert "flood.yaml" in told.err


def test_a_good_rule_is_tried_on_the_past_beside_a_bad_file(tried, half_bad):
    code, told = tried("--rule", "traffic_jam", "--config", half_bad)
    assert code == 0
    assert "traffic_jam: would have fired" in told.out
    assert "left out:" in told.err
    code, told = tried("--rule", "bengawan_solo_siaga2", "--config", half_bad)
    assert code == 2
    assert "no file that is right holds rule 'bengawan_solo_siaga2'" in told.err


# back-test

DAY = ("--from", "2026-01-01T13:00", "--to", "2026-01-02T13:00")


@pytest.fixture
def tried(said, tmp_path):
    """Run a back-test on a day of one road: ten minutes of jam, and a speed that dances around the limit."""
    speeds = [40] * 60 + [5] * 10 + [40] * 60 + [9, 16] * 3
    readings = EmbeddedReadings(tmp_path / "readings.sqlite")
    readings.write(series(speeds, every=1, site="link", kind="traffic", metric="speed_km_h"))
    readings.close()
    database = Database.in_folder(tmp_path)
    database.upgrade()
    with database.transaction() as connection:
        device = Device(id="link.traffic", kind="traffic")
        register(connection, [Registration(site=SITES["link"], device=device, since=at(-60))])
    database.close()
    return lambda *words: said("backtest", "--state", tmp_path, *DAY, "--rule", "traffic_jam", *words)


def test_backtest_tells_what_a_rule_would_have_done_on_the_stored_readings(tried):
    code, told = tried()
    assert code == 0
    assert "3 shifts of 8 hours, readings on 1 of 2 days and in 1 shift" in told.out
    assert "traffic_jam: would have fired once, 1.00 per shift" in told.out
    assert "longest    9 min at link" in told.out


def test_backtest_can_be_read_by_programs_and_drawn(tried, tmp_path):
    code, told = tried("--json", "--chart", tmp_path / "jam.svg")
    (rule,) = json.loads(told.out)["rules"]
    assert code == 0
    assert (rule["fired"], rule["by_site"], rule["longest_s"]) == (1, {"link": 1}, 540)
    assert (tmp_path / "jam.svg").read_text(encoding="utf-8").startswith("<svg")


def test_backtest_tries_rules_that_are_not_in_force(tried, tmp_path):
    shipped = (ROOT / "config" / "rules" / "traffic.yaml").read_text(encoding="utf-8")
    (tmp_path / "rules").mkdir()
    (tmp_path / "rules" / "traffic.yaml").write_text(
        shipped.replace("below: 10\n    clear: 15\n    pending: 1m", "below: 10\n    pending: 0s"),
        encoding="utf-8",
    )
    code, told = tried("--rules", tmp_path / "rules", "--json")
    assert code == 0
    (rule,) = json.loads(told.out)["rules"]
    assert rule["fired"] == 4
    assert rule["chattering"] == {"link": [3]}


def test_missed_event_is_a_no(tried, tmp_path):
    events = tmp_path / "events.csv"
    events.write_text("name,start,end\ncrash,2026-01-01T14:02,2026-01-01T14:30\n", encoding="utf-8")
    code, told = tried("--events", events)
    assert (code, "caught 1 of 1" in told.out) == (0, True)
    events.write_text("name,start,end\nquiet,2026-01-01T20:00,2026-01-01T21:00\n", encoding="utf-8")
    code, told = tried("--events", events)
    assert (code, "MISSED  quiet, 2026-01-01 20:00" in told.out) == (1, True)


def test_what_is_still_to_come_is_nobodys_silence(said, tried, tmp_path):
    code, told = said("backtest", "--state", tmp_path, "--from", "2999-01-01", "--to", "2999-01-02")
    assert code == 2
    assert "or not in the past" in told.err


def test_rule_that_does_not_exist_is_told(tried):
    code, told = tried("--rule", "traffic_yam")
    assert code == 2
    assert "there is no rule 'traffic_yam'; known: " in told.err
