"""The tables of Ongage, as data, and pure functions that make rows of what the API serves.

`ROOTS` tells, for each kind of record that comes as JSON, its table and the tables of its nested lists, and `split` makes the rows;
`REPORTS` are the tables of daily statistics, with `report_row`; what comes as CSV goes through a reader: `contacts`, `activity_summaries`,
`activity_events`. Names are the API's own. Nothing here does I/O, reads a clock or calls the SDK.

Ids are unique within a list only, so whoever reads a list puts its id on every record: `record | {"list_id": list_id}`.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections import Counter
from collections.abc import Callable, Collection, Mapping, Sequence
from datetime import datetime, timedelta, timezone
from decimal import Decimal
from typing import Any, NamedTuple

from common.splitting import GIVEN, Child, Root, Split, child_table, split
from common.tables import (
    CellProblem,
    Column,
    ConversionError,
    Notes,
    Row,
    Table,
    double,
    integer,
    json_text,
    of_some,
    text,
    to_double,
    to_integer,
    to_json,
    to_text,
)

__all__ = [
    "CONTACTS",
    "CONTACT_ACTIVITY_EVENTS",
    "CONTACT_ACTIVITY_SUMMARIES",
    "CONTACT_DATES",
    "OPTIONAL_TABLES",
    "REPORTS",
    "ROOTS",
    "Child",
    "CsvReader",
    "Report",
    "Root",
    "Split",
    "activity_events",
    "activity_summaries",
    "contacts",
    "report_row",
    "split",
    "tables",
]

# --- Converters: each endpoint writes its types in its own way (fact sheet 1.5) ---

EPOCH = datetime(1970, 1, 1, tzinfo=timezone.utc)
SECONDS = re.compile("-?[0-9]{1,15}")
NO_DATES = frozenset({"", "null"})
FLAGS: dict[object, bool] = {0: False, 1: True, "0": False, "1": True, "false": False, "true": True}


def to_epoch(value: object) -> datetime | None:
    """An aware datetime in UTC from Unix seconds (a number or its digits), "YYYY-MM-DD" or "YYYY-MM-DD HH:MM:SS" (taken as UTC).

    0, "0", "" and "null" are no date: None. Integers only, so that neither rounding nor the machine's time zone has a say.

    Raises:
        ConversionError: for anything else, and for years before 1 or after 9999.
    """
    if value is None or (isinstance(value, str) and value in NO_DATES):
        return None
    try:
        if isinstance(value, str) and value[4:5] == "-":
            return _calendar_time(value)
        seconds = _seconds(value)
        return EPOCH + timedelta(seconds=seconds) if seconds else None
    except (ValueError, OverflowError) as error:
        raise ConversionError("a date or time", value) from error


def _seconds(value: object) -> int:
    if type(value) is int:
        return value
    if not isinstance(value, str):
        return to_integer(value)
    if not SECONDS.fullmatch(value):  # int() would also take "1_000" and other scripts' digits
        raise ValueError(value)
    return int(value)


def _calendar_time(value: str) -> datetime:
    moment = value if value[10:] else f"{value} 00:00:00"
    if (moment[7:8], moment[10:17:3], moment[19:]) != ("-", " ::", ""):  # newer Pythons would read more forms than older ones
        raise ValueError(value)
    return datetime.fromisoformat(f"{moment}+00:00")


def to_flag(value: object) -> bool | None:
    """A truth value from true, false, 1, 0 or their texts in any case; "" is none: None.

    Raises:
        ConversionError: for anything else.
    """
    if isinstance(value, bool):
        return value
    if value == "":
        return None
    truth = FLAGS.get(value.lower() if isinstance(value, str) else value) if isinstance(value, (str, int)) else None
    if truth is None:
        raise ConversionError("true or false, 1 or 0", value)
    return truth


def _or_none(convert: Callable[[object], Any]) -> Callable[[object], Any]:
    """The same converter, for which "" is none."""
    return lambda value: None if value == "" else convert(value)


to_count = _or_none(to_integer)
to_ratio = _or_none(to_double)


def to_text_or_json(value: object) -> str:
    """Text and numbers as they stand, anything else as JSON text: for fields that nobody has seen filled.

    Raises:
        ConversionError: for text that cannot be encoded.
    """
    is_plain = isinstance(value, (str, int, Decimal)) and not isinstance(value, bool)
    return to_text(value) if is_plain else to_json(value)


def to_embedded_json(value: object) -> str:
    """JSON text from a JSON document within a text; a text that is no such document becomes JSON itself, and so does any other value.

    Raises:
        ConversionError: for text that cannot be encoded.
    """
    if not isinstance(value, str):
        return to_json(value)
    try:
        return to_json(json.loads(value, parse_float=Decimal, parse_constant=_refuse))
    except ConversionError:
        raise
    except (ValueError, RecursionError):
        return to_json(value)


def _refuse(constant: str) -> object:
    raise ValueError(constant)  # Python would read NaN and Infinity, which are no JSON


def epoch(source: str) -> Column:
    """A UTC_DATETIME column, for every date and time."""
    return Column(source, "UTC_DATETIME", to_epoch)


def flag(source: str) -> Column:
    """A BOOLEAN column."""
    return Column(source, "BOOLEAN", to_flag)


def count(source: str) -> Column:
    """A LONG column."""
    return integer(source)._replace(convert=to_count)


def ratio(source: str) -> Column:
    """A DOUBLE column."""
    return double(source)._replace(convert=to_ratio)


def text_or_json(source: str) -> Column:
    """A STRING column for a field that nobody has seen filled: text as it stands, lists and objects as JSON text."""
    return Column(source, "STRING", to_text_or_json)


def embedded_json(source: str) -> Column:
    """A STRING column that holds JSON text, of a field that holds a JSON document within a text."""
    return Column(source, "STRING", to_embedded_json)


# --- Columns that many tables share ---

OF_LIST = {"list_id": text("list_id")}
SCOPE = ("list_id",)
LIFE = {"created": epoch("created"), "modified": epoch("modified"), "deleted": epoch("deleted")}


def _texts(names: str) -> dict[str, Column]:
    return {name: text(name) for name in names.split()}


def _all_of_some(columns: Mapping[str, Column]) -> dict[str, Column]:
    """The same columns, in a table whose shape is a guess: a field that is absent was never there."""
    return {name: of_some(column) for name, column in columns.items()}


# --- Lists and their fields (2, 3) ---

LISTS = Table(
    "lists",
    key=["id"],
    columns={
        "id": text("id"),
        "account_id": text("account_id"),
        "name": text("name"),
        "description": text("description"),
        "notification_email": text("notification_email"),
        "type": text("type"),
        "hash_type": text("hash_type"),
        "scope": of_some(text("scope")),
        "default": of_some(flag("default")),
        "archive": flag("archive"),
        "last_count": count("last_count"),
        "last_active_count": count("last_active_count"),
        "unsubscribes": count("unsubscribes"),
        "complaints": count("complaints"),
        "bounces": count("bounces"),
        "modified_counts": count("modified_counts"),
        "last_stats_date": epoch("last_stats_date"),
        "last_events_stats_date": epoch("last_events_stats_date"),
        "last_transactional_stats_date": epoch("last_transactional_stats_date"),
        "expiration_date": epoch("expiration_date"),
        "unsubscribe_default_link": flag("unsubscribe_default_link"),
        "unsubscribe_success_html": text("unsubscribe_success_html"),
        "unsubscribe_confirmation_html": text("unsubscribe_confirmation_html"),
        "unsubscribe_confirmation_button": text("unsubscribe_confirmation_button"),
        "unsubscribe_redirect_url": text("unsubscribe_redirect_url"),
        "frequencies": text_or_json("frequencies"),
        "frequency_active": flag("frequency_active"),
        "frequency_html": text("frequency_html"),
        "frequency_button": text("frequency_button"),
        "frequency_field_id": text("frequency_field_id"),
        "external_url_wrapper": text_or_json("external_url_wrapper"),
        "default_transactional_id": text("default_transactional_id"),
        "welcome_email_id": text("welcome_email_id"),
        "welcome_email_active": flag("welcome_email_active"),
        "welcome_email_esp_connection_id": text("welcome_email_esp_connection_id"),
        "welcome_sms_id": text("welcome_sms_id"),
        "welcome_sms_active": flag("welcome_sms_active"),
        "welcome_sms_connection_id": text("welcome_sms_connection_id"),
        "welcome_sms_per_segment": text_or_json("welcome_sms_per_segment"),
        "segment_welcome_emails": text_or_json("segment_welcome_emails"),
        "allowed_provider_connection_ids": text_or_json("allowed_provider_connection_ids"),
        "public_key": text("public_key"),
        "image_host_base": text("image_host_base"),
        "tracking_domain": text("tracking_domain"),
        "sms_field_id": text("sms_field_id"),
        "included_segment_cache": text_or_json("included_segment_cache"),
        "excluded_segment_cache": text_or_json("excluded_segment_cache"),
        "header_template_id": text("header_template_id"),
        "footer_template_id": text("footer_template_id"),
        "cke_keep_spaces_empty_blocks": flag("cke_keep_spaces_empty_blocks"),
        "preprocess_minutes": count("preprocess_minutes"),
        "imports_concurrent_limit": count("imports_concurrent_limit"),
        "demo_list_step": text_or_json("demo_list_step"),
        "link_query_params": text_or_json("link_query_params"),
        **LIFE,
    },
)
LIST_FIELDS = Table(
    "list_fields",
    key=["list_id", "id"],
    columns={
        **OF_LIST,
        "id": text("id"),
        "account_id": text("account_id"),
        "name": text("name"),
        "title": text("title"),
        "type": text("type"),
        "format": text("format"),
        "default": text("default"),
        "mandatory": flag("mandatory"),
        "position": count("position"),
        "is_sms": flag("is_sms"),
        **LIFE,
    },
)

# --- Segments (7) ---

SEGMENTS = Table(
    "segments",
    key=["list_id", "id"],
    columns={
        **OF_LIST,
        "id": text("id"),
        "name": text("name"),
        "type": text("type"),
        "description": text("description"),
        "favorite": flag("favorite"),
        "last_count": count("last_count"),
        "last_count_date": epoch("last_count_date"),
        "last_count_request_date": epoch("last_count_request_date"),
        "isp_breakdown": text_or_json("isp_breakdown"),
        "last_sent": epoch("last_sent"),
        "segment_quota": count("segment_quota"),
        "is_quota_percent": flag("is_quota_percent"),
        "default_include_segment": flag("default_include_segment"),
        "default_exclude_segment": flag("default_exclude_segment"),
        "included_segment_cache": text_or_json("included_segment_cache"),
        "excluded_segment_cache": text_or_json("excluded_segment_cache"),
        "is_external": flag("is_external"),
        "external_url": text("external_url"),
        "external_insert_missing": flag("external_insert_missing"),
        "external_include_unsubscribes": flag("external_include_unsubscribes"),
        "created_by": text("created_by"),
        "modified_by": text("modified_by"),
        "user_modified": epoch("user_modified"),
        **LIFE,
    },
    nested=["rules", "mailings"],  # which mailings use it, mailing_segments tells
)
SEGMENT_RULES = child_table(
    "segment_rules",
    "segment_id",
    {
        "id": text("id"),
        "rule_position": count("position"),
        "group": text("group"),
        "condition": text("condition"),
        "left_parenthesis": count("left_parenthesis"),
        "right_parenthesis": count("right_parenthesis"),
        "type": text("type"),
        "field_id": text("field_id"),
        "field_name": text("field_name"),
        "operator": text("operator"),
        "operand": embedded_json("operand"),
        "is_external_operand": flag("is_external_operand"),
        "case_sensitive": flag("case_sensitive"),
    },
    nested=["segment_id"],
    scope=SCOPE,
)

# --- Campaigns, which the API calls mailings (6) ---

MAILING = {
    "id": text("id"),
    "account_id": text("account_id"),
    "name": text("name"),
    "description": text("description"),
    "type": text("type"),
    "split_type": text("split_type"),
    "split_subject_content_email_id": text("split_subject_content_email_id"),
    "status": text("status"),
    "status_desc": text("status_desc"),
    "status_date": epoch("status_date"),
    "schedule": text("schedule"),
    "schedule_date": epoch("schedule_date"),
    "sending_start_date": epoch("sending_start_date"),
    "sending_end_date": epoch("sending_end_date"),
    "estimated_sending_end_date": epoch("estimated_sending_end_date"),
    "targeted": count("targeted"),
    "progress": count("progress"),
    "emails_limit": count("emails_limit"),
    "has_quota": flag("has_quota"),
    "is_test": flag("is_test"),
    "favorite": flag("favorite"),
    "cannot_resume": flag("cannot_resume"),
    "cannot_resume_reason": text("cannot_resume_reason"),
    "report": flag("report"),
    "test": flag("test"),
    "cancel": flag("cancel"),
    "notify_onlaunch": flag("notify_onlaunch"),
    "notify_onfailed": flag("notify_onfailed"),
    "notify_oncomplete": flag("notify_oncomplete"),
    "comment": text("comment"),
    "esps": text("esps"),
    "manager": text("manager"),
    "created_by": text("created_by"),
    "scheduled_by": text("scheduled_by"),
    "original_email_message_id": text("original_email_message_id"),
    "ox_data": text_or_json("ox_data"),
    "email_id": of_some(text("email_id")),
    "email_name": of_some(text("email_name")),
    "message_type": of_some(text("message_type")),
    "esp_connections_quota": of_some(text_or_json("esp_connections_quota")),
    **LIFE,
}
MAILINGS = Table("mailings", key=["list_id", "id"], columns=OF_LIST | MAILING, nested=["segments", "distribution", "email_message"])
MAILING_SEGMENTS = child_table(
    "mailing_segments",
    "mailing_id",
    {
        "segment_id": text("segment_id"),
        "type": text("type"),
        "name": text("name"),
        "last_count": count("last_count"),
        "exclude": flag("exclude"),
    },
    scope=SCOPE,
)
MAILING_DISTRIBUTIONS = child_table(
    "mailing_distributions",
    "mailing_id",
    {
        "esp_id": text("esp_id"),
        "esp_connection_id": text("esp_connection_id"),
        "isp_id": text("isp_id"),
        "segment_id": text("segment_id"),
        "domain": text("domain"),
        "percent": ratio("percent"),
        "name": text("name"),
    },
    scope=SCOPE,
)
MAILING_EMAIL_MESSAGES = child_table(
    "mailing_email_messages",
    "mailing_id",
    _texts("email_message_id type name description subject preview"),
    scope=SCOPE,
)
TRANSACTIONAL_CAMPAIGNS = Table(
    "transactional_campaigns",
    key=["list_id", "id"],
    columns=OF_LIST | _all_of_some(MAILING),
    extra="additional_fields",
)

# --- Messages, their tags, and triggered mailings (7) ---

EMAIL_MESSAGES = Table(
    "email_messages",
    key=["list_id", "id"],
    columns=OF_LIST
    | _all_of_some(
        {
            "id": text("id"),
            "account_id": text("account_id"),
            "parent_id": text("parent_id"),
            "mailing_id": text("mailing_id"),
            "type": text("type"),
            "name": text("name"),
            "description": text("description"),
            "subject": text("subject"),
            "preheader": text("preheader"),
            "from_name": text("from_name"),
            "from_address": text("from_address"),
            "reply_address": text("reply_address"),
            "esp_connection_id": text("esp_connection_id"),
            "favorite": flag("favorite"),
            "unsubscribe_default_link": flag("unsubscribe_default_link"),
            "unsubscribe_success_html": text("unsubscribe_success_html"),
            "unsubscribe_confirmation_html": text("unsubscribe_confirmation_html"),
            "unsubscribe_confirmation_button": text("unsubscribe_confirmation_button"),
            "created_by": text("created_by"),
            **LIFE,
        }
    ),
    nested=["content_html", "content_text"],
    extra="additional_fields",
)
EMAIL_MESSAGE_BODIES = Table(
    "email_message_bodies",
    key=["list_id", "email_message_id"],
    columns=OF_LIST | {"email_message_id": text("id")} | _texts("content_html content_text"),
    nested=[column.source for column in EMAIL_MESSAGES.columns.values()],
)
EMAIL_TAGS = Table("email_tags", key=["list_id", "id"], columns=OF_LIST | _all_of_some(_texts("id title")), extra="additional_fields")
EVENTS = Table(
    "events",
    key=["list_id", "id"],
    columns=OF_LIST
    | _all_of_some(
        {
            "id": text("id"),
            "name": text("name"),
            "description": text("description"),
            "based_on": text("based_on"),
            "mailing_id": text("mailing_id"),
            "date_field_name": text("date_field_name"),
            "annually_event": flag("annually_event"),
            "ongoing_event": flag("ongoing_event"),
            "start_date": epoch("start_date"),
            "end_date": epoch("end_date"),
            "status": text("status"),
            "segments": json_text("segments"),
            "segments_excluded": json_text("segments_excluded"),
            "distribution": json_text("distribution"),
        }
    ),
    nested=["triggers"],
    extra="additional_fields",
)
EVENT_TRIGGERS = child_table(
    "event_triggers",
    "event_id",
    {
        "based_on": text("based_on"),
        "email_messages": json_text("email_messages"),
        "days_diff": count("days_diff"),
        "operator": text("operator"),
        "email_operator": text("email_operator"),
        "schedule_hour": count("schedule_hour"),
        "schedule_minute": count("schedule_minute"),
        "recurrence": text_or_json("recurrence"),
    },
    extra="additional_fields",
    scope=SCOPE,
)

# --- Imports and connections to senders (7) ---

IMPORTS = Table(
    "imports",
    key=["list_id", "id"],
    columns={
        **OF_LIST,
        "id": text("id"),
        "account_id": text("account_id"),
        "type": text("type"),
        "action": text("action"),
        "name": text("name"),
        "file": text("file"),
        "file_url": text("file_url"),
        "imported_by": text("imported_by"),
        "is_override": flag("is_override"),
        "save_report": flag("save_report"),
        "send_welcome_message": flag("send_welcome_message"),
        "send_email_notification": flag("send_email_notification"),
        "csv_delimiter": text("csv_delimiter"),
        "encoding": text("encoding"),
        "ignore_empty": flag("ignore_empty"),
        "overwrite_only_nulls": flag("overwrite_only_nulls"),
        "fields": embedded_json("fields"),
        "progress": count("progress"),
        "size": of_some(count("size")),
        "file_size_bytes": of_some(count("file_size_bytes")),
        "total": count("total"),
        "success": count("success"),
        "failed": count("failed"),
        "duplicate": count("duplicate"),
        "existing": count("existing"),
        "not_existing": count("not_existing"),
        "incomplete": count("incomplete"),
        "invalid": count("invalid"),
        "status": text("status"),
        "status_desc": text("status_desc"),
        "status_info": text_or_json("status_info"),
        "remaining": text_or_json("remaining"),  # rows or time: nobody says
        "import_process_start_time": epoch("import_process_start_time"),
        "import_process_end_time": epoch("import_process_end_time"),
        "can_be_aborted": flag("can_be_aborted"),
        **LIFE,
    },
)
ESP_CONNECTIONS = Table(
    "esp_connections",
    key=["id"],
    columns=_texts("id esp_id esp_name name") | {"support_transactional": flag("support_transactional")},
)

ROOTS = {
    root.table.name: root
    for root in (
        Root(LISTS),
        Root(LIST_FIELDS),
        Root(SEGMENTS, children=(Child("rules", SEGMENT_RULES),)),
        Root(
            MAILINGS,
            children=(
                Child("segments", MAILING_SEGMENTS),
                Child("distribution", MAILING_DISTRIBUTIONS),
                Child("email_message", MAILING_EMAIL_MESSAGES),
            ),
        ),
        Root(TRANSACTIONAL_CAMPAIGNS),
        Root(EVENTS, optional={"event_triggers": Child("triggers", EVENT_TRIGGERS)}),
        Root(EMAIL_MESSAGES),
        Root(EMAIL_MESSAGE_BODIES),
        Root(EMAIL_TAGS),
        Root(IMPORTS),
        Root(ESP_CONNECTIONS),
    )
}

# --- Contacts and what they did, which come as CSV (4.2, 5) ---

CONTACT_ID = "ocx_contact_id"
OTHER_CONTACT_ID = "id"
CONTACT_DATES = ("ocx_created_date", "ocx_unsubscribe_date", "ocx_resubscribe_date", "ocx_bounce_date", "ocx_complaint_date")
SYSTEM_COLUMNS = {
    "id": text(CONTACT_ID),
    "email": text("email"),
    "ocx_status": text("ocx_status"),
    **{name: epoch(name) for name in CONTACT_DATES},
    "ocx_import_id": text("ocx_import_id"),
}
# Fields that a new list comes with; an account may remove, rename or retype all of them but the address.
COMMON_FIELDS = _texts(
    "first_name last_name gender age_range birth_year address city state zip_code country phone language ip os product_id"
)
CONTACTS = Table(
    "contacts",
    key=["list_id", "id"],
    columns={"list_id": GIVEN, **SYSTEM_COLUMNS, **COMMON_FIELDS},
    extra="custom_fields",
)
CONTACT_ACTIVITY_SUMMARIES = Table(
    "contact_activity_summaries",
    key=["list_id", "contact_id", "from_date"],
    columns={
        "list_id": GIVEN,
        "contact_id": text(CONTACT_ID),
        "from_date": epoch(""),
        "to_date": epoch(""),
        "email": text("email"),
        "ocx_status": text("ocx_status"),
        "sent": count("sent"),
        "opens": count("opens"),
        "clicks": count("clicks"),
        "last_sent_date": epoch("last_sent_date"),
        "last_open_date": epoch("last_open_date"),
        "last_click_date": epoch("last_click_date"),
    },
)
CONTACT_ACTIVITY_EVENTS = Table(
    "contact_activity_events",
    key=["list_id", "id"],
    columns={
        "list_id": GIVEN,
        "id": GIVEN,
        "contact_id": text(CONTACT_ID),
        "email": text("email"),
        "type": text("type"),
        "timestamp": epoch("timestamp"),
        **_texts("mailing_id mailing_name email_message_id email_message_name link_url ip country_iso browser os"),
        "from_date": epoch(""),
    },
    extra="additional_fields",
)

NULLS = frozenset({"", "null"})
BYTE_ORDER_MARK = "\ufeff"
ID_DIGITS = 20
_json_object = json.JSONEncoder(ensure_ascii=False, separators=(",", ":")).encode


class CsvReader:
    """Makes rows of a table from the rows of one CSV, whose header it is given; made for millions of them.

    Header names are matched without regard to case, and a byte order mark before the first one is no part of it. The contact's id goes by
    one of two names. Of several columns with one name the first counts.

    Args:
        table: what a row becomes; the columns' sources are header names in small letters.
        header: the CSV's first row.
        given: cells that are the same in every row.
        kept: header names, in small letters, that are kept out of the table's JSON column; without it all that the table knows.

    Raises:
        ConversionError: for a header without the contact's id, or with names that cannot be encoded.
    """

    def __init__(self, table: Table, header: Sequence[str], given: Row, kept: Collection[str] | None = None) -> None:
        names = [to_text(name) for name in _without_mark(header)]
        places = _places(names)
        self.table, self.width = table, len(names)
        self._blank: Row = dict.fromkeys(table.columns) | given
        read = {name: column for name, column in table.columns.items() if column.source and column.source in places}
        self._places = {name: places[column.source] for name, column in read.items()}
        self._ids = [name for name in table.key if name in read]
        self._converters = [(name, column.convert) for name, column in read.items() if column.convert is not to_text]
        not_taken = set(range(self.width)) - {place for name, place in places.items() if name in (kept or table.known)}
        others = {names[place]: place for place in sorted(not_taken, reverse=True)}
        self._others = sorted(others.items())

    @property
    def unknown(self) -> list[str]:
        """The names in the header that no column of the table takes."""
        return [] if self.table.extra else [name for name, _ in self._others]

    def row(self, cells: Sequence[str]) -> tuple[Row | None, Sequence[CellProblem]]:
        """The row that a row of the CSV gives, None without the contact's id if that is its key, and what does not convert.

        An empty line gives nothing.

        Raises:
            ConversionError: for more or fewer cells than the header has, which tells that the file is cut or damaged.
        """
        if len(cells) != self.width:
            if not cells:
                return None, ()
            raise ConversionError(f"{self.width} cells as in the header, not {len(cells)}", cells)
        values = [None if cell in NULLS else cell for cell in cells]
        problems = [] if _is_encodable(cells) else self._drop_unencodable(values)
        row = self._blank | {name: values[place] for name, place in self._places.items()}
        for name, convert in self._converters:
            if row[name] is not None:
                row[name] = self._converted(name, convert, row[name], problems)
        if self.table.extra:
            row[self.table.extra] = _json_object({name: values[place] for name, place in self._others if values[place] is not None})
        for name in self._ids:
            if row[name] is None:
                missing = CellProblem(self.table.name, name, "expected an id, got none")
                return None, problems if name in {problem.column for problem in problems} else [*problems, missing]
        return row, problems

    def _converted(self, column: str, convert: Callable[[Any], Any], value: object, problems: list[CellProblem]) -> object:
        try:
            return convert(value)
        except ConversionError as error:
            problems.append(CellProblem(self.table.name, column, str(error)))
            return None

    def _drop_unencodable(self, values: list[Any]) -> list[CellProblem]:
        columns = dict.fromkeys(range(self.width), self.table.extra or "") | {place: name for name, place in self._places.items()}
        problems: list[CellProblem] = []
        for place, value in enumerate(values):
            if value is not None:
                values[place] = self._converted(columns[place], to_text, value, problems)
        return problems


def _without_mark(header: Sequence[str]) -> list[str]:
    return [name if place else name.removeprefix(BYTE_ORDER_MARK) for place, name in enumerate(header)]


def _places(names: Sequence[str]) -> dict[str, int]:
    """Where each name, in small letters, stands first."""
    places = {name.lower(): place for place, name in reversed(list(enumerate(names)))}
    if CONTACT_ID not in places:
        if OTHER_CONTACT_ID not in places:
            raise ConversionError(f"a CSV header with {CONTACT_ID} or {OTHER_CONTACT_ID}", names)
        places[CONTACT_ID] = places[OTHER_CONTACT_ID]
    return places


def _is_encodable(cells: Sequence[str]) -> bool:
    whole = "".join(cells)
    if whole.isascii():
        return True
    try:
        whole.encode()
    except UnicodeEncodeError:
        return False
    return True


class ActivityEventReader(CsvReader):
    """Like `CsvReader`, for events, which have no id of their own: it is made of the list, the day, the row as it came and a number.

    The number, counted from 0, tells identical rows of one list and day apart, so one reader must read all of them. It keeps a few bytes
    for each row.
    """

    def __init__(self, header: Sequence[str], list_id: str, from_date: datetime) -> None:
        super().__init__(CONTACT_ACTIVITY_EVENTS, header, {"list_id": list_id, "from_date": from_date})
        self._of = [list_id, from_date.date().isoformat()]
        self._seen: Counter[int] = Counter()

    def row(self, cells: Sequence[str]) -> tuple[Row | None, Sequence[CellProblem]]:
        """The row that a row of the CSV gives, and what does not convert."""
        row, problems = super().row(cells)
        if row is not None:
            number = hash(tuple(cells))  # of 64 bits: the texts themselves would fill the memory
            row["id"] = short_hash(json.dumps([*self._of, *cells, self._seen[number]], separators=(",", ":")))
            self._seen[number] += 1
            if row["additional_fields"] == "{}":
                row["additional_fields"] = None
        return row, problems


def short_hash(key: str) -> str:
    """A short id of what has none: twenty hexadecimal digits."""
    return hashlib.sha256(key.encode()).hexdigest()[:ID_DIGITS]


def contacts(header: Sequence[str], list_id: str) -> CsvReader:
    """Makes rows of contacts from a contact search's CSV; `custom_fields` takes all but the system's columns, the common fields too.

    Raises:
        ConversionError: for a header without the contact's id.
    """
    return CsvReader(CONTACTS, header, {"list_id": list_id}, {column.source for column in SYSTEM_COLUMNS.values()})


def activity_summaries(header: Sequence[str], list_id: str, from_date: datetime, to_date: datetime) -> CsvReader:
    """Makes rows of contact_activity_summaries from a contact activity's CSV of one row per contact.

    Raises:
        ConversionError: for a header without the contact's id.
    """
    return CsvReader(CONTACT_ACTIVITY_SUMMARIES, header, {"list_id": list_id, "from_date": from_date, "to_date": to_date})


def activity_events(header: Sequence[str], list_id: str, from_date: datetime) -> ActivityEventReader:
    """Makes rows of contact_activity_events from a contact activity's CSV of one row per event.

    Raises:
        ConversionError: for a header without the contact's id.
    """
    return ActivityEventReader(header, list_id, from_date)


# --- Daily statistics (8) ---

NONE = "none"  # a part of a key that the source leaves empty: a key cannot be NULL
HASHED = {"link_url": "link_hash"}  # too long to be part of a key
MAILING_METRICS = (
    "targeted", "sent", "success", "failed", "hard_bounces", "soft_bounces", "opens", "unique_opens", "clicks", "unique_clicks",
    "unsubscribes", "complaints", "post_back_clicks",
)  # fmt: skip
LIST_METRICS = ("active", "not_active", "complaints", "unsubscribes", "bounces", "opened", "clicked", "no_activity")
OF_SOURCE = {"mailing": ("stats_date", MAILING_METRICS), "list": ("record_date", LIST_METRICS)}


class Report(NamedTuple):
    """A table of daily statistics, and what its query asks for; all names are the API's.

    Args:
        table: what its rows become.
        source: what the query reads from, "mailing" or "list".
        keys: the fields that rows are grouped by, besides the day.
        names: fields that describe a key.
        metrics: fields that are summed up.
        day: the field of the day.
        filters: conditions besides that of the day, as (field, operator, value).
    """

    table: Table
    source: str
    keys: tuple[str, ...]
    names: tuple[str, ...]
    metrics: tuple[str, ...]
    day: str
    filters: tuple[tuple[str, str, object], ...] = ()


def _report(name: str, source: str, keys: str, names: str, *filters: tuple[str, str, object]) -> Report:
    day, metrics = OF_SOURCE[source]
    fields = tuple(keys.split())
    key = {HASHED.get(field, field): GIVEN if field in HASHED else text(field) for field in fields} | {day: epoch(day)}
    told = {field: text(field) for field in fields if field in HASHED} | _texts(names)
    table = Table(name, list(key), key | told | {metric: count(metric) for metric in metrics})
    return Report(table, source, fields, tuple(names.split()), metrics, day, filters)


REPORTS = {
    report.table.name: report
    for report in (
        _report("mailing_daily_stats", "mailing", "list_id mailing_id", "mailing_name mailing_type"),
        _report(
            "mailing_delivery_daily_stats",
            "mailing",
            "list_id mailing_id esp_connection_id isp_id",
            "mailing_name esp_connection_title esp_name isp_name",
        ),
        _report("mailing_segment_daily_stats", "mailing", "list_id mailing_id segment_id", "mailing_name segment_name"),
        _report("mailing_link_daily_stats", "mailing", "list_id mailing_id link_url", "mailing_name"),
        _report("mailing_country_daily_stats", "mailing", "list_id mailing_id country_iso", "mailing_name"),
        _report("event_daily_stats", "mailing", "list_id event_id mailing_id", "event_name mailing_name", ("event_id", ">", 0)),
        _report("list_daily_stats", "list", "list_id", ""),
    )
}


def report_row(report: Report, raw: object) -> tuple[Row | None, Notes]:
    """The row of one record of a report, and what was noticed; None if its day or another part of its key cannot be read.

    A part of the key that is null or empty becomes "none"; the day becomes midnight UTC.
    """
    notes, day = Notes(), report.day
    if not isinstance(raw, Mapping):
        notes.problems.append(CellProblem(report.table.name, day, str(ConversionError("an object", raw))))
        return None, notes
    row = report.table.row(raw, notes)
    wrong = {problem.column for problem in notes.problems}
    if row[day] is None and day not in wrong:
        notes.problems.append(CellProblem(report.table.name, day, "expected a day, got none"))
    if row[day] is None or not wrong.isdisjoint(report.keys):
        return None, notes
    row[day] = row[day].replace(hour=0, minute=0, second=0, microsecond=0)
    for field in report.keys:
        if field in HASHED:
            row[HASHED[field]] = short_hash(row[field]) if row[field] else NONE
        else:
            row[field] = row[field] or NONE
    return row, notes


# --- What sync works with ---

# Filled only when switched on, since they cost calls of their own, or since nobody has seen what is read.
OPTIONAL_TABLES = (
    "transactional_campaigns",
    "events",
    "event_triggers",
    "email_tags",
    "email_message_bodies",
    "contact_activity_summaries",
    "contact_activity_events",
)


def tables(optional: Collection[str]) -> list[Table]:
    """Every table of a connection that has these optional tables switched on, in a stable order.

    event_triggers is there only together with events, of whose records it is made.
    """
    roots = [table for root in ROOTS.values() if _is_on(root.table, optional) for table in root.declared(optional)]
    of_contacts = [CONTACTS, CONTACT_ACTIVITY_SUMMARIES, CONTACT_ACTIVITY_EVENTS]
    more = [table for table in of_contacts if _is_on(table, optional)]
    return [*roots, *more, *(report.table for report in REPORTS.values())]


def _is_on(table: Table, optional: Collection[str]) -> bool:
    return table.name not in OPTIONAL_TABLES or table.name in optional
