from __future__ import annotations

from collections import Counter

import pytest

from sandbox.everyaction.account import Account
from sandbox.everyaction.times import read_instant
from sandbox.everyaction.world import DAY
from tests.sandbox.everyaction.calling import everything, make_account, payload, refused

ALL = {"$expand": "locations,codes,shifts,roles,notes", "$top": 50}


@pytest.fixture(scope="module")
def account() -> Account:
    return make_account(900)


def _starts(account: Account) -> dict[int, float]:
    return {row["eventId"]: read_instant(row["startDate"]) or 0 for row in everything(account, "events", ALL)}


def test_events_are_spread_around_the_start(account: Account) -> None:
    starts, now = list(_starts(account).values()), account.now()
    assert sum(start < now for start in starts) / len(starts) == pytest.approx(0.7, abs=0.15)
    assert sum(abs(start - now) < 90 * DAY for start in starts) / len(starts) == pytest.approx(0.3, abs=0.1)


def test_times_carry_the_offset_of_their_place(account: Account) -> None:
    rows = everything(account, "events", ALL)
    assert {row["startDate"][-6:] for row in rows} == {"-04:00", "-05:00", "-08:00", "+00:00"}
    assert all(row["createdDate"].endswith("Z") for row in rows)
    for row in rows:
        assert all(shift["startTime"][-6:] == row["startDate"][-6:] for shift in row["shifts"])
        assert (read_instant(row["createdDate"]) or 0) <= account.now()


def test_there_are_events_with_much_and_with_nothing(account: Account) -> None:
    rows = everything(account, "events", ALL)
    for key, counts in {"shifts": {0, 1, 2, 3}, "roles": {1, 2, 3}, "locations": {0, 1, 2}, "codes": {0, 1, 2}, "notes": {0, 1, 2}}.items():
        assert {len(row[key]) for row in rows} == counts
    shifts = [shift["eventShiftId"] for row in rows for shift in row["shifts"]]
    assert len(shifts) == len(set(shifts))


def test_events_are_filtered(account: Account) -> None:
    rows = everything(account, "events", ALL)
    starts, now = _starts(account), account.now()
    later = everything(account, "events", startingAfter="2026-09-01", startingBefore="2026-10-01T00:00:00Z")
    low, high = read_instant("2026-09-01T00:00:00-04:00") or 0, read_instant("2026-10-01T00:00:00Z") or 0
    assert low < now < high
    assert [row["eventId"] for row in later] == [number for number, start in starts.items() if low <= start < high] != []
    kind = rows[0]["eventType"]["eventTypeId"]
    assert {row["eventType"]["eventTypeId"] for row in everything(account, "events", eventTypeIds=kind)} == {kind}
    code = next(row["codes"][0]["codeId"] for row in rows if row["codes"])
    wanted = [row["eventId"] for row in rows if code in {each["codeId"] for each in row["codes"]}]
    assert [row["eventId"] for row in everything(account, "events", codeIds=f"{code},3")] == wanted
    assert everything(account, "events", createdByCommitteeId=1) == []


def test_a_single_event_is_that_of_the_list(account: Account) -> None:
    row = everything(account, "events", ALL)[4]
    assert payload(account, f"events/{row['eventId']}", {"$expand": ALL["$expand"]}) == row
    assert refused(account, "events/1") == (404, [])


def test_signups_want_an_event_or_a_person(account: Account) -> None:
    assert refused(account, "signups") == (400, ["eventId", "vanId"])
    assert refused(account, "signups", eventId="x") == (400, ["eventId"])
    assert refused(account, "signups", eventId=1) == (404, [])
    assert refused(account, "signups", vanId=1) == (404, [])


def test_each_signup_is_listed_by_its_event_and_by_its_person(account: Account) -> None:
    by_event = {number: everything(account, "signups", {"eventId": number, "$top": 5}) for number in _starts(account)}
    signups = [row for rows in by_event.values() for row in rows]
    numbers = [row["eventSignupId"] for row in signups]
    assert len(numbers) == len(set(numbers)) == account.collection("EventSignup").count()
    assert {len(rows) for rows in by_event.values()} >= {0, 3, 14}
    for number, rows in by_event.items():
        assert {row["event"]["eventId"] for row in rows} <= {number}
        assert [row["eventSignupId"] for row in rows] == sorted(row["eventSignupId"] for row in rows)
    person, count = Counter(row["person"]["vanId"] for row in signups if _lives(account, row)).most_common(1)[0]
    assert count == len(everything(account, "signups", vanId=person))


def _lives(account: Account, row: dict[str, dict[str, int]]) -> bool:
    return account.collection("Person").get(row["person"]["vanId"]) is not None


def test_a_signup_names_what_its_event_has(account: Account) -> None:
    for event in everything(account, "events", ALL):
        shifts = {each["eventShiftId"] for each in event["shifts"]}
        roles = {each["roleId"] for each in event["roles"]}
        for row in everything(account, "signups", eventId=event["eventId"]):
            assert row["shift"] is None if not shifts else row["shift"]["eventShiftId"] in shifts
            assert row["role"]["roleId"] in roles
            if row["startTimeOverride"]:
                assert row["startTimeOverride"][-6:] == event["startDate"][-6:]


def test_statuses_belong_to_a_type_of_event(account: Account) -> None:
    event = everything(account, "events")[0]
    kind = event["eventType"]["eventTypeId"]
    by_event = payload(account, "signups/statuses", eventId=event["eventId"])
    assert by_event == payload(account, "signups/statuses", eventTypeId=kind)
    assert refused(account, "signups/statuses")[0] == 400
    used = {row["status"]["statusId"] for row in everything(account, "signups", eventId=event["eventId"])}
    assert used <= {each["statusId"] for each in by_event}
