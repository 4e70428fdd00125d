from hypothesis import given
from hypothesis import strategies as st

from modules.conversation.cache import Cache


def test_what_was_put_is_found_and_counted():
    cache = Cache(1000)
    cache.put("an", "xin chào", "sound", 10)
    assert cache.get("an", "xin chào") == "sound"
    assert cache.get("an", "tạm biệt") is None
    assert cache.hits == 1


def test_users_never_see_each_other_s_entries():
    cache = Cache(1000)
    cache.put("an", "key", "An's", 10)
    assert cache.get("binh", "key") is None


def test_forgetting_a_user_leaves_nothing_of_theirs_and_all_of_others():
    cache = Cache(1000)
    cache.put("an", 1, "a", 10)
    cache.put("an", 2, "b", 10)
    cache.put("binh", 1, "c", 10)
    assert cache.forget("an") == 2
    assert cache.get("an", 1) is None
    assert cache.get("binh", 1) == "c"


def test_the_least_recently_used_goes_first():
    cache = Cache(80)
    for key in range(8):
        cache.put("an", key, key, 10)
    cache.get("an", 0)
    cache.put("an", 8, 8, 10)
    assert cache.get("an", 0) == 0
    assert cache.get("an", 1) is None


@given(st.lists(st.tuples(st.integers(0, 5), st.integers(0, 200)), max_size=60))
def test_it_never_holds_more_than_its_bound(puts):
    cache = Cache(400)
    sizes = {}
    for key, size in puts:
        cache.put("an", key, size, size)
        if size <= 50:
            sizes[key] = size
    held = [sizes[k] for k in sizes if cache.get("an", k) is not None]
    assert sum(held) <= 400
