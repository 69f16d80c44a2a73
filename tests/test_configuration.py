"""Settings → what a run is told: a value that makes no sense is named before anything is opened."""

from __future__ import annotations

from typing import Any

import pytest
from scrapy.settings import Settings, default_settings

import newsbot.settings
from newsbot.configuration import options_of
from newsbot.errors import BadInput

#: Settings of newsbot's own that are numbers.
NUMBERS = [
    name
    for name, value in vars(newsbot.settings).items()
    if name.isupper() and type(value) in {int, float} and not hasattr(default_settings, name)
]


def settings(**changed: Any) -> Settings:
    made = Settings()
    made.setmodule(newsbot.settings)
    made.update(changed)
    return made


@pytest.mark.parametrize("value", ["soon", "-1", "nan", "inf", ""])
@pytest.mark.parametrize("name", [*NUMBERS, "CONCURRENT_REQUESTS", "DOWNLOAD_DELAY", "DOWNLOAD_TIMEOUT"])
def test_a_number_that_is_none_is_named(name: str, value: str) -> None:
    with pytest.raises(BadInput, match=f"^{name} is '{value}': give a (whole )?number from"):
        options_of(settings(**{name: value}), "schedule")


@pytest.mark.parametrize("value", ["1.5", 1.5, "1e6"])
@pytest.mark.parametrize("name", ["CONCURRENT_REQUESTS", "WORK_AHEAD", "BACKFILL_MAX_REQUESTS", "WARC_MAX_BYTES"])
def test_what_is_counted_is_a_whole_number(name: str, value: str | float) -> None:
    with pytest.raises(BadInput, match=f"^{name} is {value!r}: give a whole number from"):
        options_of(settings(**{name: value}), "schedule")


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("FEED", "some"),
        ("REQUISITES", "some"),
        ("REVISIT_AFTER", "30min"),
        ("BASELINE_SINCE", "soon"),
        ("COLUMNS", "x"),
    ],
)
def test_a_word_that_is_unknown_is_named(name: str, value: str) -> None:
    with pytest.raises(BadInput, match=value):
        options_of(settings(**{name: value}), "schedule")


def test_the_settings_as_they_come_make_sense() -> None:
    assert options_of(settings(), "schedule").overlap_every.total_seconds() == newsbot.settings.OVERLAP_EVERY
