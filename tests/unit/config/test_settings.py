from __future__ import annotations

from datetime import timedelta

import pytest

from config.problems import ConfigError
from config.settings import BrokerAddress, Cap, ChatterSettings, InfluxAddress, Settings, load_settings


def written(folder, text: str):
    (folder / "pantau.yaml").write_text(text)
    return folder


def test_a_folder_without_a_file_gives_the_defaults(tmp_path):
    assert load_settings(tmp_path, {}) == Settings()


def test_what_the_file_says_is_taken(tmp_path):
    folder = written(
        tmp_path, "city: malang\nlanguage: en\nbroker: {host: mqtt.malang.example, port: 8883, tls: true}\n"
    )
    settings = load_settings(folder, {})
    assert (settings.city, settings.language) == ("malang", "en")
    assert settings.broker == BrokerAddress(host="mqtt.malang.example", port=8883, tls=True)


def test_the_environment_wins_over_the_file(tmp_path):
    folder = written(tmp_path, "influxdb: {url: 'http://10.0.0.1:8086', bucket: kota}\n")
    environment = {"PANTAU_INFLUXDB_URL": "https://influx.example", "PANTAU_INFLUXDB_TOKEN": "t0ken"}
    influxdb = load_settings(folder, environment).influxdb
    assert influxdb == InfluxAddress(url="https://influx.example", bucket="kota", token="t0ken")


def test_an_empty_variable_is_no_variable(tmp_path):
    folder = written(tmp_path, "influxdb: {url: 'http://10.0.0.1:8086'}\n")
    assert load_settings(folder, {"PANTAU_INFLUXDB_URL": ""}).influxdb.url == "http://10.0.0.1:8086"


def test_a_password_joins_the_broker_of_the_file(tmp_path):
    folder = written(tmp_path, "broker: {username: pantau}\n")
    broker = load_settings(folder, {"PANTAU_MQTT_PASSWORD": "hunter2"}).broker
    assert broker is not None
    assert broker.password == "hunter2"


@pytest.mark.parametrize(
    "text",
    [
        "influxdb: {token: hunter2}\n",
        "database_url: postgresql://pantau:hunter2@db/pantau\n",
        "broker: {username: pantau, password: hunter2}\n",
    ],
)
def test_a_secret_in_the_file_is_refused_without_repeating_it(tmp_path, text):
    with pytest.raises(ConfigError, match="holds a secret") as raised:
        load_settings(written(tmp_path, text), {})
    assert "hunter2" not in str(raised.value)


def test_secrets_are_never_shown(tmp_path):
    folder = written(tmp_path, "broker: {username: pantau}\n")
    environment = {
        "PANTAU_INFLUXDB_TOKEN": "hunter2",
        "PANTAU_MQTT_PASSWORD": "hunter2",
        "PANTAU_DATABASE_URL": "postgresql://pantau:hunter2@db/pantau",
    }
    assert "hunter2" not in repr(load_settings(folder, environment))


@pytest.mark.parametrize(
    "url",
    [
        "influx:8086",
        "ftp://influx",
        "http://",
        "http://[",
        "http://host:99999",
        "http://host:0",
        "http://:80",
    ],
)
def test_an_address_of_another_form_is_refused(url):
    with pytest.raises(ValueError, match="influxdb url must look like"):
        InfluxAddress(url=url)


def test_a_bad_variable_is_a_fault_of_the_environment_and_not_shown(tmp_path):
    with pytest.raises(ConfigError, match="environment: influxdb url") as raised:
        load_settings(tmp_path, {"PANTAU_INFLUXDB_URL": "https//user:hunter2@influx"})
    assert "hunter2" not in str(raised.value)


def test_a_broker_password_without_a_name_is_refused(tmp_path):
    folder = written(tmp_path, "broker: {host: mqtt.example}\n")
    with pytest.raises(ConfigError, match="username"):
        load_settings(folder, {"PANTAU_MQTT_PASSWORD": "hunter2"})


@pytest.mark.parametrize("port", [0, -1, 65536])
def test_a_port_outside_tcp_is_refused(port):
    with pytest.raises(ValueError, match="is not between 1 and 65535"):
        BrokerAddress(port=port)


@pytest.mark.parametrize("zone", ["Asia/Madiun", "WIB", "", "../etc/passwd"])
def test_a_zone_that_nobody_knows_is_refused(tmp_path, zone):
    with pytest.raises(ConfigError, match="Asia/Jakarta"):
        load_settings(written(tmp_path, f"time_zone: '{zone}'\n"), {})


def test_several_faults_are_told_at_once_with_their_places(tmp_path):
    with pytest.raises(ConfigError) as raised:
        load_settings(written(tmp_path, "citty: madiun\nlanguage: 7\nbroker: {port: many}\n"), {})
    assert [problem.line for problem in raised.value.problems] == [1, 2, 3]


def test_norway_s_country_code_is_not_read_as_false(tmp_path):
    with pytest.raises(ConfigError, match="in quotes"):
        load_settings(written(tmp_path, "city: no\n"), {})


def test_a_folder_that_does_not_exist_is_told(tmp_path):
    with pytest.raises(ConfigError, match="does not exist"):
        load_settings(tmp_path / "nowhere", {})


def test_chatter_and_the_cap_feed_are_settings(tmp_path):
    text = (
        "chatter: {count: 5, within: 20m, quiet: 1h}\n"
        "cap: {sender: bpbd@kota.example, public: true, expires: 2h}\n"
    )
    settings = load_settings(written(tmp_path, text), {})
    assert settings.chatter == ChatterSettings(
        count=5, within=timedelta(minutes=20), quiet=timedelta(hours=1)
    )
    assert settings.cap == Cap(sender="bpbd@kota.example", public=True, expires=timedelta(hours=2))


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("cap: {public: true}", "needs a sender"),
        ("cap: {sender: 'BPBD Kota Madiun'}", "one word"),
        ("cap: {sender: 'a,b'}", "one word"),
        ("cap: {severity_from: extreme}", "low, medium, high, critical"),
        ("cap: {radius_km: 0}", "radius_km must be above 0"),
        ("cap: {expires: 1m}", "from 10m to 7d"),
        ("cap: {address: pantau.example}", "must look like https"),
        ("map: {pmtiles: a.pmtiles, tiles_url: 'http://a/{z}/{x}/{y}'}", "one base"),
        ("map: {pmtiles: ../../etc/passwd}", "in the city's folder"),
        ("map: {pmtiles: a/b.pmtiles}", "in the city's folder"),
        ("map: {tiles_url: 'https://tiles.example/{z}/{x}'}", "must hold"),
        ("map: {style_url: 'javascript:alert(1)'}", "no web address"),
        ('map: {hosts: ["https://a.example; script-src *"]}', "no web address"),
        ("chatter: {count: 1}", "at least 2"),
        ("chatter: {within: 1h, quiet: 1m}", "at least as long a quiet"),
    ],
)
def test_settings_that_make_no_sense_are_refused_with_their_line(tmp_path, text, message):
    with pytest.raises(ConfigError, match=message) as raised:
        load_settings(written(tmp_path, f"city: madiun\n{text}\n"), {})
    assert "pantau.yaml:2:" in str(raised.value)
