from notification.addresses import read_addresses

SECRET = "tgram://123456:AAbbCC/987"


def test_an_address_comes_from_the_environment_before_the_file(tmp_path):
    (tmp_path / "channels").mkdir()
    path = tmp_path / "channels" / "bpbd"
    path.write_text("json://file\n")
    path.chmod(0o600)
    assert read_addresses(["bpbd"], tmp_path, {})["bpbd"].url == "json://file"
    found = read_addresses(["bpbd"], tmp_path, {"PANTAU_CHANNEL_BPBD": SECRET})["bpbd"]
    assert (found.url, found.source) == (SECRET, "PANTAU_CHANNEL_BPBD")


def test_a_channel_without_an_address_is_not_set_and_no_error(tmp_path):
    found = read_addresses(["bpbd"], tmp_path, {"PANTAU_CHANNEL_BPBD": "  "})["bpbd"]
    assert (found.is_set, found.trouble) == (False, "")


def test_a_file_that_others_may_read_is_not_taken_and_says_what_to_do(tmp_path):
    (tmp_path / "channels").mkdir()
    path = tmp_path / "channels" / "bpbd"
    path.write_text(SECRET)
    path.chmod(0o640)
    found = read_addresses(["bpbd"], tmp_path, {})["bpbd"]
    assert not found.is_set
    assert f"chmod 600 {path}" in found.trouble


def test_an_address_never_shows_in_what_is_printed(tmp_path):
    found = read_addresses(["bpbd"], tmp_path, {"PANTAU_CHANNEL_BPBD": SECRET})["bpbd"]
    assert "AAbbCC" not in repr(found)
