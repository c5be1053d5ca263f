import pytest

from pantau.cli import main


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        pytest.param(["up", "--port", "99999"], "choose one from 1 to 65535", id="a port beyond all ports"),
        pytest.param(["up", "--mqtt-port", "0"], "choose one from 1 to 65535", id="port 0"),
        pytest.param(["up", "--port", "http"], "invalid", id="a word for a port"),
        pytest.param(["simulate", "--speed", "nan"], "above 0", id="a speed that is no number"),
        pytest.param(["simulate", "--scenario", "sunny"], "invalid choice", id="an unknown scenario"),
        pytest.param(["fly"], "invalid choice", id="an unknown command"),
        pytest.param([], "required", id="no command"),
    ],
)
def test_a_wrong_word_is_refused_with_exit_2_and_says_what_to_write(words, sentence, capsys):
    with pytest.raises(SystemExit) as ended:
        main(words)
    assert ended.value.code == 2
    assert sentence in capsys.readouterr().err


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        pytest.param(["devices", "show", "nobody"], "no device 'nobody'", id="unknown device"),
        pytest.param(["deadletters", "drop"], "say which", id="no choice"),
        pytest.param(["ledger", "--since", "gestern"], "is not a time", id="no time"),
        pytest.param(["simulate"], "cannot be reached", id="no broker"),
        pytest.param(["simulate", "--fleet", "nope"], "nope.yaml", id="no fleet"),
        pytest.param(
            ["export", "--kind", "flod", "--from", "2026-01-01", "--to", "2026-01-02", "--out", "-"],
            "there is no kind 'flod'",
            id="misspelt kind",
        ),
        pytest.param(
            ["devices", "add", "--id", "a/b", "--kind", "flood", "--name", "x", "--lat", "1", "--lon", "2"],
            "is not a site id",
            id="bad id",
        ),
        pytest.param(
            ["devices", "add", "--id", "a", "--kind", "flood", "--name", "x", "--lat", "111", "--lon", "-7"],
            "not on the earth",
            id="latitude and longitude the wrong way round",
        ),
        pytest.param(
            [
                "devices",
                "add",
                "--id",
                "sign",
                "--kind",
                "flood",
                "--name",
                "x",
                "--lat",
                "-7",
                "--lon",
                "111",
            ],
            "a meaning of its own",
            id="the name of those who read alarms",
        ),
    ],
)
def test_what_cannot_be_done_is_one_clear_sentence_and_exit_2(words, sentence, tmp_path, capsys, monkeypatch):
    monkeypatch.setenv("PANTAU_STATE", str(tmp_path / "state"))
    (tmp_path / "state" / "broker").mkdir(parents=True)
    # Port 1 of loopback: nothing listens there.
    (tmp_path / "state" / "broker" / "address.json").write_text('{"port": 1, "mqtt5": true}')
    assert main(words) == 2
    said = capsys.readouterr().err.strip()
    assert sentence in said
    assert len(said.splitlines()) == 1
