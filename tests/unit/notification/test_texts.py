import string

from notification.texts import load_texts

TEXTS = load_texts()


def placeholders(text):
    return {name for _, name, _, _ in string.Formatter().parse(text) if name}


def test_both_languages_say_the_same_things_with_the_same_values():
    assert TEXTS["id"].keys() == TEXTS["en"].keys()
    for key, text in TEXTS["id"].items():
        assert placeholders(text) == placeholders(TEXTS["en"][key]), key


SAME_IN_BOTH = {"title_new", "title_more", "alarm_head", "alarm_name"}


def test_no_text_is_empty_and_no_english_stands_in_for_indonesian():
    for key, text in TEXTS["id"].items():
        assert text.strip()
        assert (text == TEXTS["en"][key]) == (key in SAME_IN_BOTH), key


def test_a_week_has_seven_days_and_a_year_twelve_months():
    for texts in TEXTS.values():
        assert (len(texts["days"].split()), len(texts["months"].split())) == (7, 12)
