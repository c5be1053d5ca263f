import csv
import json
import re
from datetime import UTC, datetime, timedelta
from html.parser import HTMLParser

import pytest
from support.city_database import CityDatabase, water_rule

from alerts.journal.alarms import Severity
from pantau.cli import main

RULE = water_rule("siaga", Severity.HIGH, 300.0)
MIDNIGHT = datetime(2026, 3, 1, 17, tzinfo=UTC)  # the second of March begins in Jakarta
DAY = ("--from", "2026-03-02", "--to", "2026-03-03")


@pytest.fixture
def city(tmp_path):
    city = CityDatabase(tmp_path)
    city.add_site("gate", "flood", name="Pintu <Air> & Bendung")
    yield city
    city.close()


@pytest.fixture
def said(capsys, tmp_path):
    config = tmp_path / "config"
    for name in ("kinds", "rules", "sources"):
        (config / name).mkdir(parents=True)

    def run(*words):
        capsys.readouterr()
        code = main(["alarms", "report", *words, "--state", str(tmp_path), "--config", str(config)])
        return code, capsys.readouterr()

    return run


def speak(city, hours: float, lasting_h: float | None = 0.1) -> None:
    raised = city.raise_alarm("gate", MIDNIGHT + timedelta(hours=hours), rule=RULE, value=310.0)
    if lasting_h is not None:
        city.clear_alarm(raised, MIDNIGHT + timedelta(hours=hours + lasting_h))


def figures(said, *words) -> dict[str, str]:
    _, told = said(*DAY, "--format", "json", *words)
    return {row["measure"]: row["value"] for row in json.loads(told.out)["Figures"]}


def test_a_day_is_the_citys_own_and_its_end_is_not_in_it(city, said):
    for hours in (-0.01, 0, 6, 23.99, 24):
        speak(city, hours)
    assert figures(said)["Alarms"] == "3"


def test_the_alarms_are_shared_by_the_operators_on_duty(city, said):
    for number in range(144):
        speak(city, number / 6 + 0.01)
    assert figures(said)["Alarms per operator and 10 minutes"] == "1.00"
    assert figures(said, "--operators", "4")["Alarms per operator and 10 minutes"] == "0.25"


def test_text_tells_figures_targets_and_who_spoke_most(city, said):
    speak(city, -48, lasting_h=None)
    code, told = said(*DAY)
    assert code == 0
    assert told.out.startswith(
        "Alarms from 2026-03-02 00:00:00+07:00 to 2026-03-03 00:00:00+07:00, 1 operator"
    )
    assert re.search(r"Standing over 24 hours, most on any day +1 ", told.out)
    assert "3 d 0 h" in told.out


def test_a_missed_target_is_told(city, said):
    for number in range(11):
        speak(city, number / 100, lasting_h=0.001)
    lines = said(*DAY)[1].out.splitlines()
    (flood,) = [line for line in lines if "in flood" in line]
    assert "1 of 144 periods, 0.69%" in flood
    assert flood.endswith("yes")
    (often,) = [line for line in lines if "ten most frequent" in line]
    assert often.endswith("NO")


def test_csv_reads_back_as_the_same_figures(city, said):
    speak(city, 1)
    _, told = said(*DAY, "--format", "csv")
    comment, *lines = told.out.splitlines()
    assert comment.startswith("# Alarms from 2026-03-02")
    rows = list(csv.reader(lines))
    assert {len(row) for row in rows} == {5}
    values = {row[1]: row[2] for row in rows if row[0] == "Figures"}
    assert values == figures(said)
    assert ["Most frequent", "siaga/gate", "siaga", "Pintu <Air> & Bendung", "1"] in rows


class Page(HTMLParser):
    """Holds every tag against its end."""

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.text = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        assert not any(name in ("src", "href") for name, _ in attrs), (
            "the page needs something from elsewhere"
        )
        if tag != "meta":
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.text += data


def test_html_is_whole_and_shows_names_as_they_are(city, said):
    speak(city, 1)
    page = Page()
    page.feed(said(*DAY, "--format", "html")[1].out)
    page.close()
    assert page.open == []
    assert "Pintu <Air> & Bendung" in page.text


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (("--from", "2026-03-03", "--to", "2026-03-02"), "is not before"),
        ((*DAY, "--operators", "0"), "at least 1"),
        (("--from", "yesterday", "--to", "2026-03-02"), "is not a time"),
    ],
    ids=["backwards", "nobody", "no-time"],
)
def test_what_cannot_be_counted_could_not_run(city, said, words, says):
    code, told = said(*words)
    assert code == 2
    assert says in told.err


def test_what_has_not_been_yet_is_in_no_figure(city, said):
    now = datetime.now(UTC)
    city.raise_alarm("gate", now - timedelta(hours=1), rule=RULE, value=310.0)
    day = timedelta(days=1)
    spans = ("--from", f"{now - day:%Y-%m-%dT%H:%M:%SZ}", "--to", f"{now + 2 * day:%Y-%m-%dT%H:%M:%SZ}")
    code, told = said(*spans, "--format", "json")
    found = {row["measure"]: row["value"] for row in json.loads(told.out)["Figures"]}
    assert code == 0
    assert found["Standing over 24 hours, most on any day"] == "0"
    assert "of 145 periods" in found["Time in flood (more than 10 in 10 minutes)"]


def test_a_report_of_the_future_is_refused(city, said):
    begin = datetime.now(UTC) + timedelta(days=2)
    span = ("--from", f"{begin:%Y-%m-%d}", "--to", f"{begin + timedelta(days=1):%Y-%m-%d}")
    code, told = said(*span)
    assert (code, told.out) == (2, "")
    assert "lies in the future" in told.err
