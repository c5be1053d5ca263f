from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from config.settings import SessionSettings
from people.roles import Person, Role
from people.sessions import Session, forgery_token, is_over, key_of, limits, new_secret

T0 = datetime(2026, 11, 22, 5, tzinfo=UTC)
SETTINGS = SessionSettings()


def session(
    role: Role, *, rests: timedelta, is_disabled: bool = False, lasts: timedelta | None = None
) -> Session:
    return Session(
        key=b"k",
        account_id=1,
        person=Person(name="Siti", role=role),
        began_at=T0 - (lasts or rests),
        seen_at=T0 - rests,
        address="",
        browser="",
        is_disabled=is_disabled,
    )


def test_an_operator_who_only_watches_keeps_the_page_for_a_shift() -> None:
    assert not is_over(session(Role.OPERATOR, rests=timedelta(hours=8, minutes=30)), SETTINGS, T0)
    assert is_over(session(Role.OPERATOR, rests=timedelta(hours=9)), SETTINGS, T0)


def test_a_busy_session_ends_after_a_day_all_the_same() -> None:
    busy = session(Role.ADMIN, rests=timedelta(0), lasts=timedelta(hours=24))
    assert is_over(busy, SETTINGS, T0)


def test_a_wall_stays_for_weeks() -> None:
    wall = session(Role.VIEWER, rests=timedelta(minutes=1), lasts=timedelta(weeks=8))
    assert not is_over(wall, SETTINGS, T0)
    assert is_over(session(Role.VIEWER, rests=timedelta(days=14)), SETTINGS, T0)


def test_a_wall_whose_account_was_made_an_operators_does_not_keep_a_viewers_weeks() -> None:
    assert is_over(session(Role.OPERATOR, rests=timedelta(0), lasts=timedelta(weeks=2)), SETTINGS, T0)


@given(
    st.sampled_from(Role),
    st.timedeltas(timedelta(0), timedelta(days=400)),
    st.timedeltas(timedelta(0), timedelta(days=99)),
)
def test_whatever_is_over_stays_over(role: Role, rests: timedelta, later: timedelta) -> None:
    one = session(role, rests=rests)
    assert not is_over(one, SETTINGS, T0) or is_over(one, SETTINGS, T0 + later)


@pytest.mark.parametrize("role", Role)
def test_a_disabled_account_has_no_session(role: Role) -> None:
    assert is_over(session(role, rests=timedelta(0), is_disabled=True), SETTINGS, T0)


def test_neither_the_table_nor_the_token_of_the_page_tells_the_secret() -> None:
    secret, other = new_secret(), new_secret()
    assert secret != other
    assert len(secret) >= 43  # 256 bits in base64
    assert secret.encode() not in key_of(secret)
    assert forgery_token(secret) not in (secret, forgery_token(other), key_of(secret).hex())


def test_limits_of_nothing_are_refused() -> None:
    with pytest.raises(ValueError, match="above 0"):
        SessionSettings(idle_hours=0)
    assert limits(Role.OPERATOR, SessionSettings(idle_hours=0.5))[0] == timedelta(minutes=30)
