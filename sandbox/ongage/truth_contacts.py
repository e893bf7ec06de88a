"""The truth about lists, their fields, their contacts, and what those did.

A list that may not be read has its own row and nothing else; a suppression list has no contacts.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterator

from sandbox.arithmetic import Record
from sandbox.ongage import activity, contacts, lists
from sandbox.ongage.account import Account, Switches
from sandbox.ongage.criteria import Conditions
from sandbox.ongage.export import cell_text, time_text
from sandbox.ongage.kinds import cell
from sandbox.ongage.world import DAY, ListInfo
from sandbox.truth import ADDITIONAL_FIELDS, Field, TruthTable

OPTIONAL = frozenset({"contact_activity_summaries", "contact_activity_events"})


def _fields(names: str, kinds: dict[str, str]) -> list[Field]:
    by_name = {name: kind for kind, words in kinds.items() for name in words.split()}
    return [Field(name, name, by_name.get(name, "text")) for name in names.split()]


_LIST_KINDS = {
    "integer": "last_count last_active_count unsubscribes complaints bounces modified_counts imports_concurrent_limit preprocess_minutes",
    "boolean": """unsubscribe_default_link frequency_active welcome_email_active welcome_sms_active archive cke_keep_spaces_empty_blocks
        default""",
    "timestamp": """last_stats_date last_events_stats_date last_transactional_stats_date expiration_date created modified deleted""",
    "json": """frequencies allowed_provider_connection_ids segment_welcome_emails included_segment_cache excluded_segment_cache
        link_query_params""",
}
_LIST = """id account_id name description type notification_email hash_type scope last_count last_active_count unsubscribes complaints
    bounces
    modified_counts unsubscribe_default_link last_stats_date last_events_stats_date last_transactional_stats_date unsubscribe_success_html
    unsubscribe_confirmation_html unsubscribe_confirmation_button unsubscribe_redirect_url frequencies frequency_active frequency_html
    frequency_button frequency_field_id external_url_wrapper expiration_date default_transactional_id welcome_email_id welcome_email_active
    welcome_email_esp_connection_id welcome_sms_id welcome_sms_active welcome_sms_connection_id welcome_sms_per_segment
    allowed_provider_connection_ids public_key image_host_base tracking_domain sms_field_id archive segment_welcome_emails
    included_segment_cache excluded_segment_cache header_template_id footer_template_id cke_keep_spaces_empty_blocks preprocess_minutes
    imports_concurrent_limit demo_list_step link_query_params default created modified deleted"""
_FIELD_KINDS = {"integer": "position", "boolean": "mandatory is_sms", "timestamp": "created modified deleted"}
_FIELD = "list_id id account_id name title type format default mandatory position is_sms created modified deleted"
# Fields that many lists have: a column each, whatever the case in which a list spells them.
_COMMON = """first_name last_name gender age_range birth_year address city state zip_code country phone language ip os product_id"""
_CONTACT_KINDS = {"timestamp": " ".join(contacts.DATES), "json": "custom_fields"}
_CONTACT = f"list_id id email ocx_status {' '.join(contacts.DATES)} ocx_import_id {_COMMON} custom_fields"
_SUMMARY_KINDS = {"integer": "sent opens clicks", "timestamp": "from_date to_date last_sent_date last_open_date last_click_date"}
_SUMMARY = f"list_id contact_id from_date to_date email ocx_status {' '.join(activity.TOTALS)}"
_EVENT_KINDS = {"timestamp": "timestamp from_date"}
_EVENT = """list_id id from_date contact_id email type timestamp mailing_id mailing_name email_message_id email_message_name link_url ip
    country_iso browser os"""
_PLAIN = Switches()


# --- contacts ------------------------------------------------------------------------------------------------------


def _contacts(account: Account) -> Iterator[Record]:
    for place in account.visible(sending=True):
        names = [each.name for each in lists.fields_of(account, place) if each.name != "email"]
        for record in account.collection(contacts.ENTITY, place.id).records():
            yield contact_row(place, names, record)


def contact_row(place: ListInfo, names: list[str], record: Record) -> Record:
    """Return what is known of a contact; values of fields are the texts of a CSV, and what is empty there is nothing."""
    texts = {name: cell_text(name, record.get(name), _PLAIN) for name in names}
    custom = {name: text for name, text in texts.items() if text}
    by_name = {name.lower(): text for name, text in custom.items()}
    row = {name: record[name] for name in contacts.SYSTEM} | {name: by_name.get(name) for name in _COMMON.split()}
    return row | {"list_id": place.id, "custom_fields": custom}


# --- activity ------------------------------------------------------------------------------------------------------


def _days(account: Account) -> Iterator[activity.Report]:
    """Yield a report for each list and each of the last days, today among them."""
    today = account.now() // DAY * DAY
    everybody = Conditions(None, ())
    for place in account.visible(sending=True):
        people = account.collection(contacts.ENTITY, place.id)
        for begin in range(today - (account.activity_days - 1) * DAY, today + DAY, DAY):
            yield activity.Report(account, place, people, everybody, begin, begin + DAY, account.now())


def _summaries(account: Account) -> Iterator[Record]:
    for report in _days(account):
        known = {"list_id": report.place.id, "from_date": report.begin, "to_date": report.end}
        yield from (row | known | {"contact_id": row["id"]} for row in activity.summaries(report))


def _events(account: Account) -> Iterator[Record]:
    for report in _days(account):
        place, day, seen = str(report.place.id), time_text(report.begin)[:10], dict[tuple[str, ...], int]()
        for row in activity.events(report):
            texts = tuple(cell_text(name, row[name], _PLAIN) for name in activity.COLUMNS)
            seen[texts] = seen.get(texts, -1) + 1
            known = {"list_id": place, "from_date": report.begin, "id": _event_id(place, day, texts, seen[texts])}
            yield {name: value for name, value in row.items() if value != ""} | known | {"contact_id": row["ocx_contact_id"]}


def _event_id(place: str, day: str, texts: tuple[str, ...], number: int) -> str:
    """Return an id for a row that has none: a list, a day, the cells, and which of equal rows it is."""
    told = json.dumps([place, day, *texts, number], separators=(",", ":"))
    return hashlib.sha256(told.encode()).hexdigest()[:20]


# --- the tables ----------------------------------------------------------------------------------------------------


def tables(account: Account) -> dict[str, TruthTable]:
    """Return the truth by table, the optional ones (OPTIONAL) included."""
    raw: list[tuple[str, list[str], list[Field], Callable[[Account], Iterator[Record]]]] = [
        ("lists", ["id"], _fields(_LIST, _LIST_KINDS), lambda account: account.collection(lists.ENTITY).records()),
        ("list_fields", ["list_id", "id"], _fields(_FIELD, _FIELD_KINDS), _list_fields),
        ("contacts", ["list_id", "id"], _fields(_CONTACT, _CONTACT_KINDS), _contacts),
        ("contact_activity_summaries", ["list_id", "contact_id", "from_date"], _fields(_SUMMARY, _SUMMARY_KINDS), _summaries),
        ("contact_activity_events", ["list_id", "id"], _event_fields(), _events),
    ]
    known = frozenset({*_EVENT.split(), "ocx_contact_id"})
    found = {name: _table(account, name, key, fields, make) for name, key, fields, make in raw}
    found["contacts"].total = lambda: sum(account.collection(contacts.ENTITY, each.id).count() for each in account.visible(sending=True))
    found["contact_activity_events"].known = known
    return found


def _table(
    account: Account, name: str, key: list[str], fields: list[Field], make: Callable[[Account], Iterator[Record]]
) -> TruthTable:
    return TruthTable(name, key, fields, lambda: make(account), cell=cell)


def _list_fields(account: Account) -> Iterator[Record]:
    for place in account.visible(sending=True):
        yield from account.collection(lists.FIELD, place.id).records()


def _event_fields() -> list[Field]:
    return [*_fields(_EVENT, _EVENT_KINDS), Field("additional_fields", ADDITIONAL_FIELDS, "json")]
