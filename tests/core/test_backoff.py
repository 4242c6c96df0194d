from itertools import islice, pairwise

from hypothesis import given
from hypothesis import strategies as st

from edge.core.backoff import backoff


def test_it_doubles_up_to_half_a_minute_and_stays_there():
    assert list(islice(backoff(), 8)) == [1, 2, 4, 8, 16, 30, 30, 30]


@given(st.floats(0.01, 5), st.floats(5, 100))
def test_waits_never_shrink_and_never_pass_the_most(first_s, most_s):
    waits = list(islice(backoff(first_s, most_s), 50))
    assert waits[0] == first_s
    assert all(earlier <= later <= most_s for earlier, later in pairwise(waits))
    assert waits[-1] == most_s


def test_jitter_shortens_every_wait_but_the_first_within_the_bounds():
    steady = list(islice(backoff(), 8))
    shaken = list(islice(backoff(jitter=0.25, chance=lambda: 1.0), 8))
    assert shaken == [1, 1.5, 3, 6, 12, 22.5, 22.5, 22.5]
    random = list(islice(backoff(jitter=0.25), 8))
    assert all(low <= wait <= high for low, wait, high in zip(shaken, random, steady, strict=True))
    assert random != list(islice(backoff(jitter=0.25), 8))
