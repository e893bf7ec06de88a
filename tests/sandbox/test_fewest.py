"""The fewest requests, against numbers that were counted by hand."""

from __future__ import annotations

from sandbox.server import Box, running
from tests.sandbox.asking import ask, query
from tests.sandbox.conftest import Clock


def test_a_first_sync(clock: Clock) -> None:
    with running("virtuous", rows=2050, clock=clock) as box:
        fewest = ask(box, "GET", "/sandbox/fewest").json
    by_question = fewest["by_question"]
    assert by_question["Contact"] == 3  # 2050
    assert by_question["Contact without archived"] == 2  # 1967: in each hundred, 4 are archived or merged; in the last fifty, 3
    assert by_question["Gift"] == 6  # 5467
    assert {by_question[name] for name in ("RecurringGift", "ContactNote", "Tag", "Segment", "Volunteer")} == {1}
    others_by_query, whole, in_one, options, fields, collections, lookups, organization = 10, 6, 3, 12, 14, 2, 12, 1
    assert fewest["total"] == 3 + 2 + 6 + others_by_query + whole + in_one + options + fields + collections + lookups + organization == 71


def test_smaller_pages(clock: Clock) -> None:
    with running("virtuous", rows=2050, clock=clock) as box:
        by_question = ask(box, "GET", "/sandbox/fewest?page=50").json["by_question"]
        assert ask(box, "GET", "/sandbox/fewest?page=5000").json["total"] == 71
    assert by_question["Contact"] == 41
    assert by_question["Gift"] == 110
    assert by_question["EventAttendee"] == 3  # 136
    assert by_question["Segment"] == 1  # the whole list comes at once, whatever the page


def test_after_nothing_changed_every_list_is_asked_once(box: Box) -> None:
    fewest = box.source.fewest_requests(changed=True)
    assert sum(fewest.values()) == 22  # the organization, 12 lists by what changed, 6 whole ones, 3 that come in one reply
    assert set(fewest.values()) == {1}
    assert "Contact without archived" not in fewest


def test_after_changes_a_list_has_what_changed(box: Box) -> None:
    first, *_ = query(box, "Gift/Query", take=1).rows
    for _ in range(3):
        box.source.change("insert_gift")
    box.source.change("edit_gift", number=first["id"])
    box.source.change("edit_contact")
    fewest = box.source.fewest_requests(changed=True, page=2)
    assert fewest["Gift"] == 2  # 4
    assert fewest["Contact"] == fewest["Contact without archived"] == 1
    assert fewest["Task"] == 1
    assert fewest["EventAttendee"] == 5  # all 10 of them: the list offers no modification date


def test_what_a_merge_moved_is_counted_with_what_changed(box: Box) -> None:
    moved = box.source.change("merge_contacts")["moved"]
    fewest = box.source.fewest_requests(changed=True, page=1)
    assert fewest["Contact"] == 2
    assert fewest["Contact without archived"] == 1
    assert fewest["Gift"] == max(1, len(moved["Gift"]))


def test_rows_that_were_served_are_counted(box: Box) -> None:
    query(box, "Gift/Query", take=7)
    ask(box, "GET", "/api/Organization/Current")
    box.faults.add("status", "/api/Gift", status=500)
    query_failed = ask(box, "POST", "/api/Gift/Query?take=7", {})
    assert query_failed.status == 500
    assert box.request_counts()["rows"] == 7
    box.reset_requests()
    assert box.request_counts()["rows"] == 0
