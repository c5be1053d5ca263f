from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from enum import Enum, IntEnum
from pathlib import Path

import pytest

from config.durations import parse_duration
from config.loader import load_file, load_folder, read_document, read_folder
from config.problems import ConfigError


class Colour(Enum):
    RED = "merah"
    GREEN = "hijau"


class Weight(IntEnum):
    LIGHT = 1
    HEAVY = 2


@dataclass(frozen=True, slots=True, kw_only=True)
class Choice:
    of: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Inner:
    size: int = 1
    width: float = 0.0

    def __post_init__(self) -> None:
        if self.size < 0:
            raise ValueError("size cannot be negative")


@dataclass(frozen=True, slots=True, kw_only=True)
class Outer:
    name: str
    inner: Inner = field(default_factory=Inner)
    items: tuple[Inner, ...] = ()
    corner: tuple[float, float] | None = None
    wait: timedelta = timedelta(0)
    colour: Colour = Colour.RED
    weight: Weight = Weight.LIGHT
    levels: Mapping[str, float] = field(default_factory=dict)
    limit: float | Choice | None = None
    either: Inner | Choice | None = None
    bold: bool = False
    seen: int = field(default=0, init=False)


@pytest.fixture
def written(tmp_path):
    def write(text: str, name: str = "file.yaml") -> Path:
        path = tmp_path / name
        path.write_text(text, encoding="utf-8")
        return path

    return write


def told(path: Path, schema: type = Outer) -> list[str]:
    with pytest.raises(ConfigError) as caught:
        load_file(path, schema)
    return [str(problem).removeprefix(str(path)) for problem in caught.value.problems]


def test_file_becomes_its_dataclass(written):
    text = """
        name: 'on'
        inner: {size: 3, width: 2}
        items: [{size: 4}, {}]
        corner: [1, 2.5]
        wait: 1h30m
        colour: hijau
        weight: heavy
        levels: {a: 1, b: -2.5}
        limit: {of: site}
        bold: true
    """
    assert load_file(written(text), Outer) == Outer(
        name="on",
        inner=Inner(size=3, width=2.0),
        items=(Inner(size=4), Inner()),
        corner=(1.0, 2.5),
        wait=timedelta(minutes=90),
        colour=Colour.GREEN,
        weight=Weight.HEAVY,
        levels={"a": 1.0, "b": -2.5},
        limit=Choice(of="site"),
        bold=True,
    )


def test_defaults_stand_in_the_dataclass_alone(written):
    assert load_file(written("name: x"), Outer) == Outer(name="x")


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("12", 12.0),
        ("-2.5", -2.5),
        ("1e3", 1000.0),
        (".5", 0.5),
        ("0", 0.0),
        ("~", None),
        ("{of: x}", Choice(of="x")),
    ],
)
def test_union_takes_what_fits(written, text, value):
    assert load_file(written(f"name: x\nlimit: {text}"), Outer).limit == value


def test_union_of_two_mappings_takes_the_one_whose_keys_fit(written):
    assert load_file(written("name: x\neither: {size: 2}"), Outer).either == Inner(size=2)
    assert load_file(written("name: x\neither: {of: y}"), Outer).either == Choice(of="y")


FAULTS = [
    pytest.param(
        "name: x\nnmae: y",
        ":2:1: unknown key 'nmae': did you mean 'name'? known here: bold, ",
        id="unknown key",
    ),
    pytest.param("inner: {}", ":1:1: 'name' is missing", id="missing key"),
    pytest.param("name: x\nname: y", ":2:1: 'name' stands here twice; keep one", id="duplicate key"),
    pytest.param(
        "name: x\nlevels: {a: 1, a: 2}", ":2:16: 'a' stands here twice; keep one", id="duplicate free key"
    ),
    pytest.param(
        "name: x\nlevels: {no: 1}",
        ":2:10: YAML reads the key no as true/false; write 'no' in quotes",
        id="Norway as key",
    ),
    pytest.param("name: no", ":1:7: YAML reads no as true/false; write 'no' in quotes", id="Norway as text"),
    pytest.param("name: 5", ":1:7: expected text, found '5'", id="number for text"),
    pytest.param("name: 2020-01-01", ":1:7: expected text, found '2020-01-01'", id="date for text"),
    pytest.param("name:", ":1:6: expected text, found ''", id="nothing for text"),
    pytest.param("name: [a]", ":1:7: expected text here, found a list", id="list for text"),
    pytest.param("name: !secret a", ":1:7: expected text, found 'a'", id="unknown tag"),
    pytest.param("name: x\nbold: 1", ":2:7: expected true or false, found '1'", id="number for truth"),
    pytest.param("name: x\ninner: {size: 1.5}", ":2:15: expected a whole number, found '1.5'", id="fraction"),
    pytest.param("name: x\ninner: {size: true}", ":2:15: expected a whole number, found 'true'", id="truth"),
    pytest.param(
        "name: x\ninner: {size: '1'}", ":2:15: expected a whole number, found '1'", id="quoted number"
    ),
    pytest.param("name: x\ninner: {size: 010}", ":2:15: expected a whole number, found '010'", id="octal"),
    pytest.param("name: x\nlimit: 1:30", ":2:8: expected a number, found '1:30'", id="sexagesimal"),
    pytest.param("name: x\nlimit: .inf", ":2:8: expected a number, found '.inf'", id="infinity"),
    pytest.param("name: x\nlimit: 1e999", ":2:8: expected a number, found '1e999'", id="beyond any number"),
    pytest.param(
        "name: x\nlimit: 1,5",
        ":2:8: expected a number, found '1,5'; write a decimal point, not a comma",
        id="decimal comma",
    ),
    pytest.param(
        "name: x\n\tlimit: 1",
        ":2:1: not valid YAML: found character '\\t' that cannot start any token; "
        "indent with spaces, not tabs",
        id="tab",
    ),
    pytest.param("name: x\nlimit: 12 cm", ":2:8: expected a number, found '12 cm'", id="number with unit"),
    pytest.param(
        "name: x\nlimit: [1]", ":2:8: expected a number or a mapping with of here, found a list", id="union"
    ),
    pytest.param("name: x\nlimit: {of: 5}", ":2:13: expected text, found '5'", id="union of mapping"),
    pytest.param(
        "name: x\ninner: 5", ":2:8: expected a mapping of settings here, found '5'", id="no mapping"
    ),
    pytest.param("name: x\nitems: {size: 1}", ":2:8: expected a list here, found a mapping", id="no list"),
    pytest.param(
        "name: x\nitems: [{size: 1}, 7]", ":2:20: expected a mapping of settings here", id="one item"
    ),
    pytest.param("name: x\ncorner: [1]", ":2:9: expected a list of 2 here, found 1", id="list too short"),
    pytest.param(
        "name: x\nlevels: [1]", ":2:9: expected a mapping here, found a list", id="list for mapping"
    ),
    pytest.param("name: x\nlevels: {[a]: 1}", ":2:10: a key must be plain text", id="list as key"),
    pytest.param(
        "name: x\nwait: 5", ":2:7: '5' is not a duration; write for example 30s", id="bare duration"
    ),
    pytest.param("name: x\ncolour: biru", ":2:9: 'biru' is not one of: merah, hijau", id="enum of texts"),
    pytest.param("name: x\nweight: 2", ":2:9: '2' is not one of: light, heavy", id="enum of numbers"),
    pytest.param("name: x\ninner: {size: -1}", ":2:8: size cannot be negative", id="value refused"),
    pytest.param("name: x\nseen: 4", ":2:1: unknown key 'seen'", id="field that is not a setting"),
    pytest.param("- name: x", ":1:1: expected a mapping of settings here, found a list", id="file is a list"),
    pytest.param("name: [x", ":1:9: not valid YAML: expected ',' or ']'", id="syntax"),
    pytest.param(
        "name: x\n---\nname: y", ":2:1: not valid YAML: but found another document", id="two documents"
    ),
    pytest.param("name: *x", ":1:7: not valid YAML: found undefined alias 'x'", id="undefined alias"),
    pytest.param("name: \x07", ": holds a character that YAML does not allow", id="control character"),
    pytest.param("# nothing\n", ": is empty", id="empty"),
]


@pytest.mark.parametrize(("text", "problem"), FAULTS)
def test_fault_is_told_with_its_place(written, text, problem):
    (only,) = told(written(text))
    assert only.startswith(problem)


def test_all_faults_of_a_file_are_told_at_once_in_the_order_of_the_file(written):
    text = "nam: x\ninner:\n  size: x\n  width: wide\nwait: soon\nitems: [{size: no}, {sze: 1}]\n"
    assert [problem.split(": ")[0] for problem in told(written(text))] == [
        ":1:1",
        ":1:1",
        ":3:9",
        ":4:10",
        ":5:7",
        ":6:16",
        ":6:22",
    ]


def test_value_is_not_refused_a_second_time_when_its_parts_are_wrong(written):
    assert len(told(written("name: x\ninner: {size: many}"))) == 1


def test_file_that_is_not_there_is_told(tmp_path):
    assert told(tmp_path / "none.yaml") == [": cannot be read: No such file or directory"]


def test_file_in_another_encoding_is_told(tmp_path):
    path = tmp_path / "latin.yaml"
    path.write_bytes("name: caf\xe9".encode("latin-1"))
    assert told(path) == [": is not UTF-8 text"]


def test_windows_file_with_byte_order_mark_is_read(tmp_path):
    path = tmp_path / "windows.yaml"
    path.write_bytes("\ufeffname: x\r\nbold: true\r\n".encode())
    assert load_file(path, Outer) == Outer(name="x", bold=True)


def test_folder_gives_its_files_in_the_order_of_their_names(written, tmp_path):
    second, first = written("name: b", "b.yaml"), written("name: a", "a.yaml")
    written("not read", "notes.txt")
    assert load_folder(tmp_path, Outer) == {first: Outer(name="a"), second: Outer(name="b")}
    assert list(load_folder(tmp_path, Outer)) == [first, second]


def test_faults_of_all_files_of_a_folder_are_told_together(written, tmp_path):
    written("nam: b", "b.yaml")
    written("name: 1", "a.yaml")
    with pytest.raises(ConfigError) as caught:
        load_folder(tmp_path, Outer)
    assert [Path(problem.path).name for problem in caught.value.problems] == ["a.yaml", "b.yaml", "b.yaml"]


def test_file_named_yml_is_told_instead_of_being_passed_over(written, tmp_path):
    written("name: x", "rain.yml")
    with pytest.raises(ConfigError, match=r"rain\.yml: would not be read; let its name end in \.yaml"):
        load_folder(tmp_path, Outer)


def test_folder_that_is_not_there_is_told(tmp_path):
    with pytest.raises(ConfigError, match="this folder does not exist; name another one with --config"):
        load_folder(tmp_path / "none", Outer)


def test_good_files_are_given_beside_the_faults_of_the_others(written, tmp_path):
    written("name: a", "a.yaml")
    written("nope: b", "b.yaml")
    documents, problems = read_folder(tmp_path, Outer)
    assert [document.value.name for document in documents] == ["a"]
    assert {Path(problem.path).name for problem in problems} == {"b.yaml"}


@pytest.mark.parametrize(
    ("keys", "place"),
    [
        pytest.param((), ":1:1: wrong", id="file"),
        pytest.param(("items", 1, "size"), ":4:11: wrong", id="value inside a list"),
        pytest.param(("items", 1), ":4:5: wrong", id="item"),
        pytest.param(("items", 1, "width"), ":4:5: wrong", id="key that was left out"),
    ],
)
def test_document_still_knows_its_places(written, keys, place):
    path = written("name: x\nitems:\n  - size: 1\n  - size: 2\n")
    assert str(read_document(path, Outer).problem("wrong", *keys)) == f"{path}{place}"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("0s", timedelta(0)),
        ("250ms", timedelta(milliseconds=250)),
        ("90s", timedelta(seconds=90)),
        ("1h30m", timedelta(minutes=90)),
        ("0.5d", timedelta(hours=12)),
    ],
)
def test_duration_is_read(text, expected):
    assert parse_duration(text) == expected


@pytest.mark.parametrize("text", ["", "5", "5 m", "-5m", "m", "5min", "1:30", "5m!", "999999999999d", "９x"])
def test_what_is_no_duration_is_refused(text):
    with pytest.raises(ValueError, match=r"is not a duration|is longer than"):
        parse_duration(text)
