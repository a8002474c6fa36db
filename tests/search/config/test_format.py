"""Values as people read them."""

import pytest

from search.config.format import format_for_note, format_params, format_short, format_value

TRANSFORMS = [{"name": "rotate", "degrees": 12}, {"name": "blur", "sigma": [0.5, 2], "p": 0.1}]
IN_WORDS = "rotate degrees 12, blur sigma 0.5 to 2 p 0.1"


@pytest.mark.parametrize(
    ("value", "message", "report", "note"),
    [
        (None, "none", "none", "None"),
        (0.123456789, "0.123457", "0.1235", "0.123457"),
        (3, "3", "3", "3"),
        ([224, 320], "224x320", "224 x 320", "[224, 320]"),
        ({"a": 0.25, "b": 2}, "a: 0.25, b: 2", "a: 0.25, b: 2", "a: 0.25, b: 2"),
        ({}, "", "none", ""),
        ({"vit": "/data/vit.safetensors"}, *["vit: /data/vit.safetensors"] * 2, "vit: vit.safetensors"),
        (TRANSFORMS, IN_WORDS, IN_WORDS, IN_WORDS),
    ],
)
def test_each_kind_of_page_has_its_form(value, message, report, note):
    assert (format_value(value), format_short(value), format_for_note(value)) == (message, report, note)


def test_parameters_are_one_short_line():
    assert format_params({"lr": 0.00123456, "batch_size": 32, "decay": None}) == "lr=0.00123  batch_size=32  decay=None"
