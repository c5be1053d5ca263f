from __future__ import annotations

from argon2 import PasswordHasher

from people.passwords import hash_password, is_outdated, is_password


def test_only_the_password_fits_its_hash_and_two_hashes_differ() -> None:
    first, second = hash_password("kuda-lumping-9"), hash_password("kuda-lumping-9")
    assert first != second
    assert first.startswith("$argon2id$")
    assert is_password("kuda-lumping-9", first)
    assert not is_password("kuda-lumping-8", first)
    assert not is_password("", first)


def test_nothing_fits_no_hash_not_even_the_password_that_stands_in_for_it() -> None:
    assert not is_password("a password that nobody has", "")
    assert not is_password("", "")


def test_a_damaged_hash_fits_nothing() -> None:
    assert not is_password("kuda-lumping-9", "$argon2id$v=19$m=1$broken")
    assert not is_password("kuda-lumping-9", "kuda-lumping-9")


def test_a_hash_of_weaker_parameters_is_outdated() -> None:
    assert is_outdated(PasswordHasher(time_cost=1, memory_cost=8, parallelism=1).hash("kuda-lumping-9"))
    assert not is_outdated(hash_password("kuda-lumping-9"))
