"""Collections: details, bodies, lists that may not be read, and lists that are gone."""

from __future__ import annotations

from tests.ongage.only import MAIN, MODULES, SMALL, UNREADABLE, asked, differing, only

EVERYTHING = ("contacts", "collections", "reports")
BODIES = "email_message_bodies"
MAILINGS = ("mailings", "mailing_segments", "mailing_distributions", "mailing_email_messages")


def test_a_detail_that_fails_is_an_error_and_is_tried_again() -> None:
    with only("collections", rows=60) as (h, _):
        h.sync()
        chosen, other = sorted(row["id"] for row in h.rows("mailings") if row["list_id"] == MAIN)[:2]
        for number in (chosen, other):
            h.source.change("edit", entity="Mailing", id=int(number))
        h.box.faults.add("status", rf"/mailings/{chosen}$", status=500)
        h.sync()
        assert [(row["table_name"], row["record"]) for row in h.open_errors()] == [("mailings", f"{MAIN}/{chosen}")]
        differs = differing(h, *MAILINGS)
        assert differs
        assert all(chosen in line for line in differs)
        h.box.faults.clear()
        h.sync()
        assert differing(h, *MAILINGS) == []
        assert not h.open_errors()
        assert len(asked(h, "GET", r"/mailings/\d+")) == 1


def test_bodies_are_read_once_they_are_wanted_and_then_only_those_that_changed() -> None:
    with only("collections", rows=60, optional_tables=BODIES) as (h, _):
        h.configuration["optional_tables"] = ""
        h.sync()
        assert not asked(h, "GET", r"/emails/\d+")
        h.configuration["optional_tables"] = BODIES
        h.sync()
        assert len(asked(h, "GET", r"/emails/\d+")) == len(h.rows("email_messages"))
        assert differing(h, BODIES) == []
        h.source.change("edit", entity="EmailMessage")
        h.sync()
        assert len(asked(h, "GET", r"/emails/\d+")) == 1
        assert differing(h, BODIES, "email_messages") == []


def test_a_body_that_is_no_text_is_named_and_a_message_without_html_takes_its_body_along() -> None:
    with only("collections", rows=60, optional_tables=BODIES) as (h, _):
        number = h.ids("email_messages")[0]
        h.box.faults.add("poison_value", entity="EmailMessage", id=number, key="content_html", value={"no": "text"})
        h.sync()
        [error] = h.open_errors()
        assert (error["table_name"], error["column_name"]) == (BODIES, "content_html")
        h.box.faults.clear()
        h.sync()
        assert h.open_errors() == []
        assert differing(h, BODIES) == []
        h.source.change("delete", entity="EmailMessage", id=number)
        h.sync()
        assert differing(h, BODIES, "email_messages") == []


def test_a_list_that_may_not_be_read_is_named_once_and_the_rest_is_complete() -> None:
    with only(*EVERYTHING, rows=1, exclude_list_ids="") as (h, _):
        h.sync()
        assert len(h.fivetran.warnings) == 1
        assert f"list {UNREADABLE} left out" in h.fivetran.warnings[0]
        assert h.differences() == []


def test_a_list_that_was_deleted_loses_its_row_and_nothing_else() -> None:
    with only("contacts", "collections", rows=60) as (h, _):
        h.sync()
        kept = [row for row in h.rows("contacts") if row["list_id"] == SMALL]
        h.source.change("delete", entity="List", id=int(SMALL))
        h.sync()
        assert h.fivetran.kinds["delete"] == h.fivetran.touched["lists"] == 1
        assert SMALL not in {row["id"] for row in h.rows("lists")}
        assert [row for row in h.rows("contacts") if row["list_id"] == SMALL] == kept
        assert not h.fivetran.warnings


def test_a_record_that_is_listed_no_longer_but_there_is_kept() -> None:
    with only("collections", rows=60) as (h, _):
        h.sync()
        for path, table in (("mailings", "mailings"), ("segments", "segments"), ("import", "imports"), ("emails", "email_messages")):
            hidden = [int(row["id"]) for row in h.rows(table) if row["list_id"] == MAIN][:2]
            h.box.faults.add("hide", rf"/{MAIN}/api/{path}$", ids=hidden)
        h.sync()
        assert sum(h.box.faults.struck().values()) >= 4
        assert not h.fivetran.kinds["delete"]


def test_one_list_that_is_named_is_read_alone() -> None:
    with only(*EVERYTHING, rows=40, list_ids=SMALL) as (h, _):
        h.sync()
        routes = {request.path.split("/")[1] for request in h.box.requests}
        assert routes == {"api", SMALL}
        assert {tuple(request.body["list_ids"]) for request in asked(h, "POST", "reports/query")} == {(SMALL,)}
        assert MODULES.plan.LISTS in h.fivetran.touched
