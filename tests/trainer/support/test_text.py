"""Words of messages."""

import pytest

from trainer.support.text import (
    ago,
    describe_error,
    did_you_mean,
    duration,
    first_line,
    nearest_names,
    pluralize,
    shorten,
    shorten_list,
    suggest,
)


def test_a_number_has_its_noun():
    assert [pluralize(number, "row") for number in (0, 1, 2)] == ["0 rows", "1 row", "2 rows"]
    assert pluralize(["a", "b"], "person", "people") == "2 people"


def test_a_list_and_a_text_are_shortened_where_they_are_long():
    assert shorten_list(["a", "b", "c"]) == "a, b, c"
    assert shorten_list(["a", "b", "c", "d"], 2) == "a, b and 2 more"
    assert [shorten("abcd", 4), shorten("abcde", 4), shorten("abcde", 4, "...")] == ["abcd", "abc…", "a..."]


def test_a_misspelt_name_gets_a_hint():
    known = ("wear", "incorrect", "normal")
    assert did_you_mean("waer", known) == "did you mean 'wear'?"
    assert did_you_mean("xyz", known) == ""
    assert suggest("inc", known) == "; did you mean 'incorrect'?"
    assert suggest("xyz", known) == "; there are wear, incorrect, normal"
    assert nearest_names("adamv", ("adam", "adamw"), "there are none") == "the nearest names are adam, adamw"
    assert nearest_names("xyz", ("adam", "adamw"), "there are none") == "there are none"


def test_an_error_is_one_line():
    error = ValueError("a value\n  that breaks\tits rule")
    assert describe_error(error) == "a value that breaks its rule"
    assert describe_error(error, typed=True) == "ValueError: a value that breaks its rule"
    assert describe_error(ValueError()) == "ValueError"
    assert [first_line("\n a\nb"), first_line("")] == ["a", ""]


@pytest.mark.parametrize(
    ("seconds", "with_days", "without"),
    [
        (0.4, "0 s", "0 s"),
        (59.6, "1 min 0 s", "1 min 0 s"),
        (3600, "1 h 0 min", "1 h 0 min"),
        (90000, "1 d 1 h", "25 h 0 min"),
    ],
)
def test_a_duration_has_its_two_largest_units(seconds, with_days, without):
    assert (duration(seconds), duration(seconds, days=False)) == (with_days, without)


def test_what_is_past_has_its_largest_unit():
    assert [ago(seconds) for seconds in (5, 60, 7200, 3 * 86400)] == ["now", "1 min ago", "2 h ago", "3 d ago"]
