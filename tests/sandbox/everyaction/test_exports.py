from __future__ import annotations

import csv
import io
from typing import Any

import pytest

from sandbox.everyaction.times import naive_text
from tests.sandbox.everyaction.asking import DAY, JOBS, NOW, Row, Site, basic, instant, rows_of

ALL = (
    "ActivistCodes", "ContactHistory", "Contacts", "ContactsActivistCodes", "ContactsOnlineForms", "ContactsSurveyResponses",
    "ContributionAdjustments", "Contributions", "Disbursements", "EventTicketTransactionsGuests", "RecurringContributions",
)  # fmt: skip
KEYS = {
    "Contacts": "VanID", "ContactHistory": "ContactsContactID", "ContactsActivistCodes": "ContactsActivistCodeID",
    "Contributions": "ContributionID",
}  # fmt: skip


@pytest.fixture
def site() -> Site:
    return Site()


def refused(site: Site, **body: Any) -> list[str]:
    whole = {"resourceType": "Contacts", "dateChangedFrom": instant(NOW - DAY)} | body
    reply = site.ask("POST", JOBS, whole)
    assert reply.status == 400, reply.payload
    (error,) = reply.payload["errors"]
    assert error["code"] == "INVALID_PARAMETER"
    found: list[str] = error["properties"]
    return found


def numbers(rows: list[dict[str, str]], key: str = "VanID") -> set[int]:
    return {int(row[key]) for row in rows}


# --- what can be exported ------------------------------------------------------------------------------------------


def test_resources_fields_and_change_types(site: Site) -> None:
    assert tuple(site.payload(f"{JOBS}/resources")) == ALL
    for name in ALL:
        fields = site.payload(f"{JOBS}/fields/{name}")
        assert {"fieldName", "fieldType", "maxTextboxCharacters", "isCoreField", "availableValues"} <= set(fields[0])
        assert ("VanID" in {each["fieldName"] for each in fields}) is (name != "ActivistCodes")
        assert {each["fieldType"] for each in fields} <= set("BTDNM")
        for each in site.payload(f"{JOBS}/changeTypes/{name}"):
            assert {"ChangeTypeID", "ChangeTypeName", "Description"} <= set(each)
    assert site.payload(f"{JOBS}/changeTypes/ContactsSurveyResponses") == []
    assert site.ask("GET", f"{JOBS}/fields/Nothing").status == 404
    choice = next(each for each in site.payload(f"{JOBS}/fields/RecurringContributions") if each["fieldName"] == "StatusID")
    assert choice["availableValues"][0] == {"id": "1", "name": "Active"}


def test_what_may_not_be_exported(site: Site) -> None:
    site.source.forbidden = {"Contribution"}
    assert site.post("Contributions").status == 403
    assert site.ask("GET", f"{JOBS}/fields/Contributions").status == 403
    assert site.ask("GET", f"{JOBS}/changeTypes/Contributions").status == 403
    assert site.post("Contacts").status == 201
    assert "Contributions" in site.payload(f"{JOBS}/resources")
    site.source.switches.forbidden_listed = False
    assert "Contributions" not in site.payload(f"{JOBS}/resources")
    site.source.forbidden = {"ExportJob"}
    assert site.ask("GET", f"{JOBS}/resources").status == 403


# --- what a job may ask for ----------------------------------------------------------------------------------------


def test_what_is_refused(site: Site) -> None:
    assert refused(site, resourceType="Nothing") == ["resourceType"]
    for wrong in (None, "yesterday", instant(NOW - 90 * DAY - 1), instant(NOW + 1), 5):
        assert refused(site, dateChangedFrom=wrong) == ["dateChangedFrom"]
    for wrong in ("tomorrow", instant(NOW + 1), instant(NOW - DAY), instant(NOW - 2 * DAY)):
        assert refused(site, dateChangedTo=wrong) == ["dateChangedTo"]
    for size in (999, 100_001, "1000"):
        assert refused(site, fileSizeKbLimit=size) == ["fileSizeKbLimit"]
    assert refused(site, contactMode=4) == ["contactMode"]
    assert refused(site, requestedIds=["7"]) == ["requestedIds"]
    assert refused(site, requestedIds=list(range(1, 10_002))) == ["requestedIds"]
    assert site.ask("POST", JOBS, [1]).status == 400
    assert site.ask("GET", f"{JOBS}/1").status == 404
    assert site.ask("GET", JOBS).status == 404


def test_the_answer_repeats_what_was_accepted(site: Site) -> None:
    job = site.post(
        "Contacts", requestedFields=["Nonsense", "WorkEmail"], requestedCustomFieldIds=[157, 1, 202], includeInactive=True, contactMode=1,
        fileSizeKbLimit=1000, nonsense=True,
    ).payload  # fmt: skip
    assert job["exportJobId"] > 2**31
    assert (job["jobStatus"], job["files"], job["exportedRecordCount"], job["code"]) == ("Pending", [], 0, None)
    assert (job["requestedFields"], job["requestedCustomFieldIds"]) == (["WorkEmail"], [157])
    assert (job["includeInactive"], job["contactMode"], job["fileSizeKbLimit"]) == ("true", 1, 1000)
    assert job["dateChangedTo"] == "2026-09-21T10:13:20.0000000-04:00"
    assert "nonsense" not in job
    assert "requestedFields" not in site.post("Contacts", requestedFields=["Nonsense"]).payload
    day = site.ask("POST", JOBS, {"resourceType": "Contacts", "dateChangedFrom": "2026-09-01"}).payload
    assert day["dateChangedFrom"] == "2026-09-01T00:00:00.0000000-04:00"


def test_unknown_fields_can_be_refused(site: Site) -> None:
    site.source.switches.unknown_fields = "reject"
    assert refused(site, requestedFields=["Nonsense"]) == ["requestedFields"]
    assert refused(site, requestedCustomFieldIds=[202]) == ["requestedCustomFieldIds"]
    assert site.post("Contacts", requestedFields=["WorkEmail", "VanID"]).status == 201


# --- which rows ----------------------------------------------------------------------------------------------------


def test_a_window_begins_after_its_first_instant_and_ends_with_its_last(site: Site) -> None:
    site.clock.seconds += 100
    number = site.source.change("edit", entity="Person")["id"]
    site.clock.seconds += 100
    spans = {(NOW + 99, NOW + 150): 1, (NOW + 50, NOW + 100): 1, (NOW + 100, NOW + 150): 0, (NOW + 50, NOW + 99): 0}
    for (low, high), many in spans.items():
        rows = site.exported("Contacts", dateChangedFrom=instant(low), dateChangedTo=instant(high))
        assert numbers(rows) == ({number} if many else set())


def test_some_of_the_base_data_was_changed_lately(site: Site) -> None:
    for name in ALL:
        rows = site.exported(name)
        assert (len(rows) > 0) is (name not in {"ActivistCodes"} or bool(rows)), name
    assert 5 <= len(site.exported("Contacts")) <= 25
    assert site.exported("Contacts", days=1 / 24 / 2) == []


def test_a_row_changed_twice_comes_once_as_it_is_now(site: Site) -> None:
    """It comes with each window in which it was changed, whatever became of it later."""
    number = site.source.change("insert", entity="Contribution")["id"]
    site.clock.seconds += DAY
    site.source.change("edit", entity="Contribution", id=number, values={"amount": "7.77"})
    site.clock.seconds += DAY
    for low, high in ((2.5, 0.5), (1.5, 0.5), (2.5, 1.5)):
        window: dict[str, Any] = {"dateChangedFrom": instant(site.clock() - low * DAY), "dateChangedTo": instant(site.clock() - high * DAY)}
        assert [row["Amount"] for row in site.exported("Contributions", **window) if row["ContributionID"] == str(number)] == ["7.77"]
    site.source.change("delete", entity="Contribution", id=number)
    early: dict[str, Any] = {"dateChangedFrom": instant(NOW - 1), "dateChangedTo": instant(NOW + 1)}
    assert site.exported("Contributions", **early) == []
    assert [row["Amount"] for row in site.exported("Contributions", includeInactive=True, **early)] == ["7.77"]


def test_what_is_deleted_shows_only_with_include_inactive(site: Site) -> None:
    site.clock.seconds += DAY
    for resource, entity in (("Contacts", "Person"), ("ContactsActivistCodes", "ContactActivistCode"), ("Disbursements", "Disbursement")):
        key = KEYS.get(resource, "DisbursementID")
        number = site.source.change("delete", entity=entity)["id"]
        (deleted,) = deleted_ids(site, resource)
        assert number not in numbers(site.exported(resource), key)
        row = next(row for row in site.exported(resource, includeInactive=True) if row[key] == str(number))
        assert row["ChangeTypeID"] == deleted
        assert row.get("IsDeleted", "True") == "True"
    assert {row["IsDeleted"] for row in site.exported("ContactsActivistCodes")} == {"False"}


def test_archived_codes_are_inactive(site: Site) -> None:
    code = next(each["activistCodeId"] for each in site.everything("/activistCodes"))
    site.source.change("edit", entity="ActivistCode", id=code, values={"status": "Archived"})
    assert code not in numbers(site.exported("ActivistCodes"), "ActivistCodeID")
    assert code in numbers(site.exported("ActivistCodes", includeInactive=True), "ActivistCodeID")


def test_requested_ids_are_of_people_and_override_the_window(site: Site) -> None:
    people = sorted(site.source.collection("Person").ids())[:40]
    for name in ALL[1:]:
        truth = {row["van_id"] for row in site.source.truth()[table_of(name)].rows()}
        rows = site.exported(name, requestedIds=people)
        live = [row for row in rows if row.get("ChangeTypeID") not in deleted_ids(site, name)]
        assert {row["VanID"] for row in live} == {str(each) for each in people if str(each) in truth}, name


def deleted_ids(site: Site, name: str) -> set[str]:
    return {each["ChangeTypeID"] for each in site.payload(f"{JOBS}/changeTypes/{name}") if each["ChangeTypeName"] == "Deleted"}


def table_of(name: str) -> str:
    words = "".join("_" + letter.lower() if letter.isupper() else letter for letter in name).lstrip("_")
    return "contact_histories" if words == "contact_history" else words


def test_requested_ids_by_the_switches(site: Site) -> None:
    switches = site.source.switches
    gift = next(iter(site.source.collection("Contribution").ids()))
    person = site.source.collection("Contribution").make(0)["contact"]["vanId"]
    assert str(gift) in {row["ContributionID"] for row in site.exported("Contributions", requestedIds=[person])}
    switches.requested_ids = "record"
    assert site.exported("Contributions", requestedIds=[person]) == []
    assert [row["ContributionID"] for row in site.exported("Contributions", requestedIds=[gift])] == [str(gift)]
    switches.requested_ids_added = True
    assert len(site.exported("Contributions", requestedIds=[gift])) > 3
    people = list(site.source.collection("Person").ids())[:9]
    switches.requested_ids_added, switches.requested_ids_cap = False, 4
    assert numbers(site.exported("Contacts", requestedIds=people)) == set(people[:4])
    switches.most_requested_ids = 8
    assert site.post("Contacts", requestedIds=people).status == 400


def test_contact_mode(site: Site) -> None:
    people = list(site.source.collection("Person").ids())
    both = site.exported("Contacts", requestedIds=people)
    one, two = (site.exported("Contacts", requestedIds=people, contactMode=mode) for mode in (1, 2))
    assert {row["ContactModeID"] for row in two} == {"2"}
    assert numbers(both) == numbers(one) | numbers(two)
    given = site.exported("Contributions", requestedIds=people, contactMode=2)
    assert numbers(given) <= numbers(two)


# --- status --------------------------------------------------------------------------------------------------------


def statuses(site: Site, job: Row) -> list[str]:
    found = [job["jobStatus"]]
    while found[-1] not in {"Complete", "Error"} and len(found) < 9:
        found.append(site.payload(f"{JOBS}/{job['exportJobId']}")["jobStatus"])
    return found


def test_a_job_goes_through_its_states(site: Site) -> None:
    assert statuses(site, site.post("Contacts").payload) == ["Pending", "Complete"]
    site.source.switches.polls = 2
    site.source.switches.running_status = "Requested"
    assert statuses(site, site.post("Contacts").payload) == ["Pending", "Requested", "Requested", "Complete"]


def test_a_large_job_takes_longer() -> None:
    site = Site(rows=1200)
    people = list(site.source.collection("Person").ids())
    assert statuses(site, site.post("Contacts", requestedIds=people).payload) == ["Pending", "InProcess", "Complete"]
    assert statuses(site, site.post("Contacts", requestedIds=people[:900]).payload) == ["Pending", "Complete"]


def test_jobs_that_fail_or_never_end(site: Site) -> None:
    site.source.change("switch", name="failing", value=1)
    job = site.job("Contacts")
    assert (job["jobStatus"], job["files"]) == ("Error", [])
    assert job["code"]
    site.source.change("switch", name="stuck", value=1)
    assert statuses(site, site.post("Contacts").payload)[-1] == "InProcess"
    assert site.job("Contacts")["jobStatus"] == "Complete"


def test_a_file_shows_rows_as_they_were_when_the_job_was_completed(site: Site) -> None:
    number = site.source.change("edit", entity="Person", values={"lastName": "Before"})["id"]
    job = site.post("Contacts").payload
    site.source.change("edit", entity="Person", id=number, values={"lastName": "Meanwhile"})
    done = site.payload(f"{JOBS}/{job['exportJobId']}")
    site.source.change("delete", entity="Person", id=number)
    rows = rows_of(site.file(done["files"][0]["downloadUrl"]))
    assert [row["LastName"] for row in rows if row["VanID"] == str(number)] == ["Meanwhile"]
    assert done["exportedRecordCount"] == len(rows)


# --- files ---------------------------------------------------------------------------------------------------------


def test_a_file_is_for_whoever_has_the_link_and_not_for_those_who_log_in(site: Site) -> None:
    job = site.job("Contacts")
    link = job["files"][0]["downloadUrl"]
    assert link.startswith("http://127.0.0.1:8765/exports/")
    assert site.file(link).status == 200
    for wrong in (site.file(link, **basic("x|1")), site.file(link[:-1] + "x")):
        assert (wrong.status, wrong.content_type) == (403, "application/xml")
    assert site.file(link.replace("/0.csv", "/7.csv")).status == 404
    site.clock.seconds += site.source.switches.link_seconds
    assert site.file(link).status == 200
    site.clock.seconds += 1
    assert site.file(link).status == 403


def raw(site: Site, **more: Any) -> str:
    return site.file(site.job("Contacts", **more)["files"][0]["downloadUrl"]).encoded().decode()


def test_how_a_file_is_written(site: Site) -> None:
    number = next(iter(site.source.collection("Person").ids()))
    values = {"firstName": 'a "b", c', "lastName": "d\r\ne", "isDeceased": True, "dateCreated": "2024-07-01T12:00:00Z"}
    site.source.change("edit", entity="Person", id=number, values=values)
    text = raw(site, requestedIds=[number])
    assert text.startswith("\ufeffVanID,FirstName,LastName,")
    assert f'{number},"a ""b"", c","d\r\ne",' in text
    assert ",True,2024-07-01T08:00:00,1\r\n" in text
    site.source.switches.csv_bom, site.source.switches.csv_tab = False, True
    assert raw(site, requestedIds=[number]).startswith("VanID\tFirstName\t")


def test_core_fields_come_always_and_others_when_asked_for(site: Site) -> None:
    number = next(iter(site.source.collection("Contribution").ids()))
    site.source.switches.requested_ids = "record"
    plain = site.exported("Contributions", requestedIds=[number])[0]
    assert "Notes" not in plain
    assert "Tribute" not in plain
    more = site.exported("Contributions", requestedIds=[number], requestedFields=["Notes"], requestedCustomFieldIds=[204, 202])[0]
    assert list(more)[-2:] == ["Channel", "Tribute"]
    assert "Notes" in more
    assert more["DateModified"] <= naive_text(int(NOW))
    assert "UtmSource" in site.exported("ContactsOnlineForms")[0]


def test_large_files_are_split() -> None:
    site = Site(rows=7500)
    people = list(site.source.collection("Person").ids())
    site.source.switches.rows_per_file = 9
    assert len(site.job("ContactHistory", requestedIds=people[:20])["files"]) == 5
    assert len(site.exported("Contacts", requestedIds=people[:20])) == 20
    site.source.switches.rows_per_file = None
    for repeated in (True, False):
        site.source.switches.header_repeated = repeated
        job = site.job("ContactHistory", requestedIds=people, fileSizeKbLimit=1000)
        texts = [site.file(each["downloadUrl"]).encoded().decode("utf-8-sig") for each in job["files"]]
        assert len(texts) > 1
        assert all(len(text.encode()) <= 1000 * 1024 + 300 for text in texts)
        assert [text.startswith("ContactsContactID,") for text in texts] == [True] + [repeated] * (len(texts) - 1)
        rows = sum(len(list(csv.reader(io.StringIO(text, newline="")))) for text in texts)
        assert rows == job["exportedRecordCount"] + (len(texts) if repeated else 1)


def test_an_empty_window(site: Site) -> None:
    assert [site.exported("Contacts", days=0.001), len(site.job("Contacts", days=0.001)["files"])] == [[], 1]
    site.source.switches.empty_files = "none"
    assert site.job("Contacts", days=0.001)["files"] == []


@pytest.mark.parametrize(("how", "found"), [("inclusive", "01"), ("exclusive", ""), ("ignored", "012")])
def test_windows_that_are_misread(site: Site, how: str, found: str) -> None:
    numbers = []
    for _ in range(3):
        numbers.append(str(site.source.change("insert", entity="Person")["id"]))
        site.clock.seconds += 10
    window: dict[str, Any] = {"dateChangedFrom": instant(NOW), "dateChangedTo": instant(NOW + 10)}
    assert {row["VanID"] for row in site.exported("Contacts", **window)} == {numbers[1]}
    site.box.faults.add("misread", site.source.places["queries"], how=how)
    rows = {row["VanID"] for row in site.exported("Contacts", **window)}
    assert rows & set(numbers) == {numbers[int(place)] for place in found}
    assert (len(rows) > 3) is (how == "ignored")
    assert site.box.faults.struck() == {f"misread {how}": 1}
