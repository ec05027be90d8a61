"""Times as counts of buckets: what a median is worth, and how it is said."""

from __future__ import annotations

from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from syndicate.core import latency


@given(st.lists(st.floats(1.0, 1e6), min_size=1, max_size=200), st.sampled_from([0.5, 0.9, 0.99]))
def test_a_quantile_is_right_to_its_bucket(times: list[float], share: float) -> None:
    found = latency.quantile(Counter(map(latency.bucket, times)), share)
    exact = sorted(times)[min(int(share * len(times) - 1e-9), len(times) - 1)]
    assert found is not None
    assert exact / 1.5 <= found <= exact * 1.5


def test_nothing_and_next_to_nothing() -> None:
    assert latency.quantile({}, 0.5) is None
    assert latency.bucket(-3.0) == latency.bucket(0.4) == 0
    assert latency.quantile({0: 5}, 0.9) == 1.0
    assert latency.bucket(1e12) == latency.MOST


@pytest.mark.parametrize(
    ("seconds", "chinese", "english"),
    [
        (1, "1 秒", "1 s"),
        (42.4, "42 秒", "42 s"),
        (95, "1.6 分钟", "1.6 min"),
        (3600 * 5, "5 小时", "5 h"),
        (86_400 * 3, "3 天", "3 d"),
    ],
)
def test_a_span_in_one_unit(seconds: float, chinese: str, english: str) -> None:
    assert latency.span(seconds, chinese=True) == chinese
    assert latency.span(seconds, chinese=False) == english
