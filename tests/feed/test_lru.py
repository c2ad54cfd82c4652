"""The cache that forgets the least recently used."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from openhitl.feed import WeightedCache


def kept(cache: WeightedCache[str, str]) -> str:
    return "".join(key for key in "abcdef" if cache.get(key) is not None)


def test_what_was_used_last_is_kept():
    cache: WeightedCache[str, str] = WeightedCache(30)
    for key in "abc":
        cache.put(key, key, 10)
    assert cache.get("a") == "a"
    cache.put("d", "d", 10)
    assert kept(cache) == "acd"
    assert (len(cache), cache.weight_bytes) == (3, 30)


def test_a_heavy_value_drives_out_several_but_one_too_heavy_drives_out_nothing():
    cache: WeightedCache[str, str] = WeightedCache(30)
    for key in "abc":
        cache.put(key, key, 10)
    cache.put("d", "d", 15)
    assert kept(cache) == "cd"
    cache.put("e", "e", 31)
    assert (kept(cache), cache.weight_bytes) == ("cd", 25)
    cache.put("d", "d", 31)
    assert (kept(cache), cache.weight_bytes) == ("c", 10)


def test_a_weight_may_be_said_again():
    cache: WeightedCache[str, str] = WeightedCache(30)
    cache.put("a", "a", 10)
    cache.put("b", "b", 10)
    cache.put("a", "a", 20)
    assert (kept(cache), cache.weight_bytes) == ("ab", 30)
    cache.drop("a")
    cache.drop("a")
    assert (kept(cache), cache.weight_bytes) == ("b", 10)


@given(st.lists(st.tuples(st.sampled_from("abcdef"), st.integers(-1, 40)), max_size=60))
def test_the_weight_is_always_that_of_what_is_kept(steps):
    """A weight of -1 stands for dropping."""
    cache: WeightedCache[str, int] = WeightedCache(60)
    for key, weight in steps:
        if weight < 0:
            cache.drop(key)
        else:
            cache.put(key, weight, weight)
        assert cache.weight_bytes <= 60
        assert cache.weight_bytes == sum(cache.get(key) or 0 for key in "abcdef")
