"""A student has one pseudonym in all files and years of a home, and nothing but the key leads back."""

import hashlib
import hmac
import stat

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from submissions.pseudonyms import KeyLostError, fingerprint, key_of, pseudonymize
from submissions.store import Store

KEY = bytes(range(32))


@given(st.lists(st.none() | st.text(min_size=1, max_size=20)))
def test_each_id_has_the_same_pseudonym_wherever_it_stands_and_no_other_id_has_it(ids):
    pseudonyms = pseudonymize(pl.Series(ids, dtype=pl.String), KEY).to_list()

    assert [one is None for one in ids] == [one is None for one in pseudonyms]
    assert len(set(pseudonyms)) == len(set(ids))
    for one, pseudonym in zip(ids, pseudonyms, strict=True):
        if one is not None:
            assert pseudonym == hmac.new(KEY, one.encode(), hashlib.sha256).hexdigest()[:32]


def test_leading_zeros_make_another_student():
    first, second = pseudonymize(pl.Series(["0042", "42"]), KEY)

    assert first != second


def test_another_key_gives_other_pseudonyms():
    ids = pl.Series(["0042"])

    assert pseudonymize(ids, KEY)[0] != pseudonymize(ids, KEY[::-1])[0]
    assert fingerprint(KEY) != fingerprint(KEY[::-1])


def test_a_home_makes_its_key_once_and_keeps_it_to_itself(tmp_path):
    store = Store(tmp_path / "home")
    key = key_of(store)

    assert len(key) == 32
    assert key_of(store) == key
    assert stat.S_IMODE(store.pseudonym_key.stat().st_mode) == 0o600
    assert stat.S_IMODE(store.pseudonym_key.parent.stat().st_mode) == 0o700
    assert [path.name for path in store.pseudonym_key.parent.iterdir()] == ["pseudonym.key"]
    assert key_of(Store(tmp_path / "other")) != key


def test_a_key_that_others_could_read_is_closed_again(tmp_path):
    store = Store(tmp_path)
    key_of(store)
    store.pseudonym_key.chmod(0o644)
    key_of(store)

    assert stat.S_IMODE(store.pseudonym_key.stat().st_mode) == 0o600


def test_of_two_runs_that_make_a_key_at_once_both_use_the_same(tmp_path, monkeypatch):
    store, other = Store(tmp_path), []
    from submissions import pseudonyms

    make = pseudonyms._make_key
    monkeypatch.setattr(pseudonyms, "_make_key", lambda store: (other.append(make(store)), make(store))[1])

    assert key_of(store) == other[0]


@pytest.mark.parametrize("content", [b"", b"abc", b"z" * 64, b"\xff" * 64])
def test_a_damaged_key_is_never_replaced(tmp_path, content):
    store = Store(tmp_path)
    key_of(store)
    store.pseudonym_key.write_bytes(content)

    with pytest.raises(KeyLostError):
        key_of(store)
    assert store.pseudonym_key.read_bytes() == content


def test_a_lost_key_is_not_made_anew_where_pseudonyms_were_made_with_it(tmp_path):
    store = Store(tmp_path)
    key_of(store)
    (store.identity / "2025").mkdir(parents=True)
    (store.identity / "2025" / "0470.parquet").touch()
    store.pseudonym_key.unlink()

    with pytest.raises(KeyLostError, match="backup"):
        key_of(store)
    assert not store.pseudonym_key.exists()
