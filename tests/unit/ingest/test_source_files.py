import pytest
from support.messages import KINDS, source_of
from support.source import ROOT

from config.problems import ConfigError
from ingest.source_files import load_sources
from ingest.sources import NATIVE_TOPIC

FLOOD = "topic: a\nformat: tts\nreadings: [{kind: flood,"


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        pytest.param("topic: a/{device}\nformat: xml", "'xml' is not one of: native", id="format"),
        pytest.param("topic: a/+\nformat: tasmota", "nothing names the device", id="nobody speaks"),
        pytest.param(
            "topic: a/{device}\nformat: json\ndevice: {path: id}",
            "names the device already",
            id="named twice",
        ),
        pytest.param("topic: a/#/b\nformat: tts", "only at the end", id="filter"),
        pytest.param("topic: a\nformat: tts\ntime: {zone: WIB}", "zone 'WIB' is not known", id="zone"),
        pytest.param("topic: a\nformat: tts\ndevice: {path: a..b}", "is not a path", id="path"),
        pytest.param(
            "topic: a\nformat: tts\ndevice: {ids: {x: a b}}", "'a b' cannot", id="an id with a space"
        ),
        pytest.param(
            "topic: a\nformat: tts\nreadings: [{kind: snow, values: {a: {path: b}}}]",
            "kind 'snow'",
            id="kind",
        ),
        pytest.param(
            "topic: a\nformat: tts\nreadings: [{kind: flood, values: {depth: {path: b}}}]",
            "'depth' is not a metric of flood",
            id="metric",
        ),
        pytest.param(
            "topic: a\nformat: tts\nreadings: [{kind: flood, values: {water_level_cm: {path: b, unit: °C}}}]",
            "unit '°C' cannot become cm",
            id="unit of another quantity",
        ),
        pytest.param(
            f"{FLOOD} values: {{water_level_cm: {{path: b, unit: depa}}}}}}]",
            "unit 'depa' is not a known unit",
            id="unknown unit",
        ),
        pytest.param(
            "topic: a\nformat: tts\nreadings: [{kind: flood, values: {water_level_cm: {path: b, scale: 0}}}]",
            "scale 0",
            id="scale",
        ),
        pytest.param(
            f"{FLOOD} needs: [x], values: {{water_level_cm: {{path: b}}}}}}]",
            "needs names x",
            id="needs what is not there",
        ),
        pytest.param(
            "topic: a\nformat: tts\nreadings:\n"
            "  - {kind: flood, values: {water_level_cm: {path: b}}}\n"
            "  - {kind: flood, values: {water_level_cm: {path: c}}}",
            "the same suffix",
            id="two readings of one device",
        ),
    ],
)
def test_a_fault_in_a_source_is_told_with_its_place(tmp_path, text, reason):
    with pytest.raises(ConfigError) as caught:
        source_of(tmp_path, text)
    (problem,) = caught.value.problems
    assert reason in problem.message
    assert problem.line > 0


def written(folder, **files):
    for name, text in files.items():
        (folder / f"{name}.yaml").write_text(f"id: {name}\n{text}\n", encoding="utf-8")
    return folder


def test_without_a_folder_pantaus_own_topic_is_taken(tmp_path):
    assert load_sources(tmp_path / "absent", KINDS).filters == ["pantau/v1/+/telemetry"]


def test_pantaus_own_topic_is_always_taken_and_comes_first(tmp_path):
    sources = load_sources(written(tmp_path, abc="topic: a/{device}\nformat: json"), KINDS)
    assert [source.id for source in sources.all] == ["native", "abc"]


def test_pantaus_own_topic_cannot_be_switched_off(tmp_path):
    with pytest.raises(ConfigError, match="always enabled"):
        load_sources(
            written(tmp_path, native=f"topic: {NATIVE_TOPIC}\nformat: native\nenabled: false"), KINDS
        )


def test_a_source_that_is_not_enabled_is_checked_and_kept_but_not_subscribed(tmp_path):
    sources = load_sources(written(tmp_path, a="topic: a/{device}\nformat: json\nenabled: false"), KINDS)
    assert sources.filters == ["pantau/v1/+/telemetry"]
    assert sources.match("a/b") is None
    with pytest.raises(ConfigError):
        load_sources(written(tmp_path, a="topic: a\nformat: json\nenabled: false"), KINDS)


def test_a_special_source_may_lie_within_a_wide_one_and_is_subscribed_once(tmp_path):
    sources = load_sources(
        written(
            tmp_path, a="topic: z/gate/{device}\nformat: json", b="topic: z/{device*}\nformat: zigbee2mqtt"
        ),
        KINDS,
    )
    assert sources.filters == ["pantau/v1/+/telemetry", "z/#"]
    assert sources.match("z/gate/x").id == "a"
    assert sources.match("z/x").id == "b"


def test_filters_that_cross_are_refused_since_a_broker_may_deliver_twice(tmp_path):
    files = {"a": "topic: x/{device}/t\nformat: json", "b": "topic: x/one/{device}\nformat: json"}
    with pytest.raises(ConfigError, match=r"takes messages that a\.yaml takes too"):
        load_sources(written(tmp_path, **files), KINDS)


def test_a_file_is_called_after_its_source(tmp_path):
    (tmp_path / "one.yaml").write_text("id: other\ntopic: a/{device}\nformat: json\n", encoding="utf-8")
    with pytest.raises(ConfigError, match=r"call the file other\.yaml"):
        load_sources(tmp_path, KINDS)


def test_the_faults_of_all_files_are_told_together(tmp_path):
    with pytest.raises(ConfigError) as caught:
        load_sources(written(tmp_path, a="topic: a\nformat: json", b="topic: b\nformat: json"), KINDS)
    assert len(caught.value.problems) == 2


def test_the_shipped_sources_are_right_and_only_pantaus_own_topic_is_subscribed():
    assert load_sources(ROOT / "config" / "sources", KINDS).filters == ["pantau/v1/+/telemetry"]
