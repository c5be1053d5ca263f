"""A back-test on files: the rules' answers without a broker, a database or a wait."""

import json

import pytest
from support.source import ROOT

from pantau.cli import main

HEADER = "nama_pintu_air,lokasi,latitude,longitude,tanggal,tinggi_air,status_siaga\n"
DAY = [
    ("00:00", 7000, "Normal"),
    ("00:30", 7600, "Siaga 3"),
    ("01:00", 8600, "Siaga 2"),
    ("01:30", 7000, "Normal"),
]


@pytest.fixture
def gate(tmp_path):
    def written(rows=DAY, name="gates.csv"):
        path = tmp_path / name
        lines = [
            f'PA. Manggarai,x,0,0,"2020-01-01 {at}:00",{mm},"Status : {said}"\n' for at, mm, said in rows
        ]
        path.write_text(HEADER + "".join(lines))
        return path

    return written


def backtest(tmp_path, *arguments):
    folders = "--state", tmp_path / "state", "--config", ROOT / "config"
    return main(["rules", "backtest", *map(str, [*arguments, *folders])])


def asked(tmp_path, capsys, *arguments):
    code = backtest(tmp_path, *arguments, "--json")
    report = json.loads(capsys.readouterr().out)
    return code, {one["rule"]: one for one in report["judgements"]}


def test_a_file_is_held_against_what_the_agency_said_in_it(tmp_path, capsys, gate):
    code, rules = asked(tmp_path, capsys, "--file", gate(), "--mapping", "jakarta_pintu_air")
    assert [len(rules[f"jakarta_siaga{n}"]["told"]) for n in (3, 2, 1)] == [1, 1, 0]
    assert rules["jakarta_siaga2"]["median_lag_min"] == 0
    assert "gauge_silent" not in rules, "the agency says nothing about silence"
    assert code == 1, "the rise came too suddenly for its rule: a miss is a no"


def test_a_status_that_no_rule_reaches_is_missed_and_an_alarm_without_a_status_is_false(
    tmp_path, capsys, gate
):
    rows = [("00:00", 7000, "Normal"), ("05:00", 7000, "Siaga 3"), ("10:00", 7600, "Normal")]
    _, rules = asked(tmp_path, capsys, "--file", gate(rows), "--mapping", "jakarta_pintu_air")
    siaga3 = rules["jakarta_siaga3"]
    assert (len(siaga3["told"]), len(siaga3["missed"]), len(siaga3["false_alarms"])) == (0, 1, 1)


def test_a_rule_alone_is_held_against_the_same_status(tmp_path, capsys, gate):
    asking = "--file", gate(), "--mapping", "jakarta_pintu_air"
    _, rules = asked(tmp_path, capsys, *asking)
    for rule, judgement in rules.items():
        assert asked(tmp_path, capsys, *asking, "--rule", rule)[1] == {rule: judgement}


def test_where_nothing_is_known_the_table_tells_how_often_rules_spoke(tmp_path, capsys):
    post = tmp_path / "jakarta_tma_depok_10min_2023_q1.csv"
    rows = [(0, 1500), (10, 2100), (20, 2100), (30, 1500), (40, 16000), (50, 1500)]
    lines = [f"2023-02-12 00:00:00,18:{minute:02d},{mm},Feb\n" for minute, mm in rows]
    post.write_text("Tanggal,Jam,Tinggi Air,sheet\n" + "".join(lines))
    assert backtest(tmp_path, "--file", post, "--mapping", "jakarta_depok_10min", "--table") == 0
    spoke = [line for line in capsys.readouterr().out.splitlines() if line.startswith("| `jakarta")]
    assert spoke == ["| `jakarta_siaga3` | 1 | 1 | 28.80 | 0 | 0.3 h |"], "16 m are the sensor, not the river"


def test_repeated_and_unordered_rows_change_nothing(tmp_path, capsys, gate):
    plain = asked(tmp_path, capsys, "--file", gate(), "--mapping", "jakarta_pintu_air")
    again = gate([*reversed(DAY), *DAY], "again.csv")
    assert asked(tmp_path, capsys, "--file", again, "--mapping", "jakarta_pintu_air") == plain


def test_labelled_windows_concern_the_rules_that_look_at_what_the_file_holds(tmp_path, capsys):
    series, windows = tmp_path / "speed_7578.csv", tmp_path / "windows.json"
    speeds = [60, 60, 60, 5, 5, 5, 5, 60, 60]
    lines = [f"2015-09-08 12:{5 * n:02d}:00,{mph}\n" for n, mph in enumerate(speeds)]
    series.write_text("timestamp,value\n" + "".join(lines))
    window = ["2015-09-08 12:10:00.000000", "2015-09-08 12:20:00.000000"]
    windows.write_text(json.dumps({"realTraffic/speed_7578.csv": [window], "x/occupancy_6005.csv": [window]}))
    told = "--file", series, "--mapping", "nab_traffic", "--known", windows
    code, rules = asked(tmp_path, capsys, *told)
    assert set(rules) == {"traffic_slow", "traffic_jam", "traffic_drop"}
    assert [event["event"] for event in rules["traffic_jam"]["told"]] == ["window in speed_7578"]
    assert rules["traffic_jam"]["median_lag_min"] == 10
    assert code == 1, "two weeks are needed before anything is unusual"
    backtest(tmp_path, *told, "--rule", "traffic_jam", "--table")
    assert "| `traffic_jam` | whole | 0.0 | 1 | 1 | 0 | 1 | 0 |" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        pytest.param([], "--file and --mapping", id="neither a span nor a file"),
        pytest.param(["--file", "none.csv"], "--file needs --mapping", id="no mapping"),
        pytest.param(["--file", "{gate}", "--mapping", "nab_traffic"], "knows no metric", id="another name"),
        pytest.param(["--file", "speed_1.csv", "--mapping", "nab_traffic"], "cannot be read", id="no file"),
        pytest.param(
            ["--file", "{gate}", "--mapping", "jakarta_pintu_air", "--site", "x"], "no site 'x'", id="no site"
        ),
        pytest.param(
            ["--file", "{gate}", "--mapping", "jakarta_pintu_air", "--within", "soon"],
            "'soon' is not a duration",
            id="no duration",
        ),
        pytest.param(
            ["--file", "{gate}", "--mapping", "jakarta_pintu_air", "--known", "README.json"],
            "cannot be read",
            id="no windows",
        ),
    ],
)
def test_a_wrong_word_is_one_clear_sentence(tmp_path, capsys, gate, arguments, sentence):
    assert backtest(tmp_path, *(text.format(gate=gate()) for text in arguments)) == 2
    assert sentence in capsys.readouterr().err
