"""The truth about everything but lists, their fields and their contacts. Only lists that may be read have rows.

Statistics are added up mailing by mailing, straight from the facts: no report has a hand in it.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from sandbox.arithmetic import Record
from sandbox.ongage import emails, events, imports, mailings, providers, segments, transactional
from sandbox.ongage.account import Account
from sandbox.ongage.facts import GROWTH, METRICS, Fact, day_of, facts_of, growth, mailings_of, scope_of, sent_mailings
from sandbox.ongage.kinds import cell, json_inside
from sandbox.truth import ADDITIONAL_FIELDS, Field, TruthTable

OPTIONAL = frozenset({"transactional_campaigns", "events", "event_triggers", "email_tags", "email_message_bodies"})

Adapt = Callable[[Record], Record]


# --- columns -------------------------------------------------------------------------------------------------------


def _words(names: str) -> frozenset[str]:
    return frozenset(names.split())


_TIMES = _words(
    """created modified deleted user_modified last_count_date last_count_request_date last_sent schedule_date status_date
    sending_start_date sending_end_date estimated_sending_end_date start_date end_date import_process_start_time
    import_process_end_time stats_date record_date"""
)
_FLAGS = _words(
    """favorite is_quota_percent default_include_segment default_exclude_segment is_external external_insert_missing
    external_include_unsubscribes is_external_operand case_sensitive has_quota is_test cannot_resume report test cancel exclude
    notify_onlaunch notify_onfailed notify_oncomplete unsubscribe_default_link is_override save_report send_welcome_message
    send_email_notification ignore_empty overwrite_only_nulls can_be_aborted support_transactional annually_event ongoing_event"""
)
_COUNTS = _words(
    """last_count segment_quota position rule_position left_parenthesis right_parenthesis targeted progress emails_limit size
    file_size_bytes total success failed duplicate existing not_existing incomplete invalid days_diff schedule_hour
    schedule_minute"""
) | {*METRICS, *GROWTH}  # fmt: skip
_DOCUMENTS = _words("operand fields segments segments_excluded distribution email_messages")
_SHARES = _words("percent")


def _kind(name: str) -> str:
    kinds = ((_TIMES, "timestamp"), (_FLAGS, "boolean"), (_COUNTS, "integer"), (_DOCUMENTS, "json"), (_SHARES, "double"))
    return next((kind for names, kind in kinds if name in names), "text")


def _fields(names: str, *, guess: bool = False) -> list[Field]:
    found = [Field(name, name, _kind(name)) for name in names.split()]
    return [*found, Field("additional_fields", ADDITIONAL_FIELDS, "json")] if guess else found


_LIFE = "created modified deleted"
_MAILING = f"""id account_id name description type split_type split_subject_content_email_id status status_desc status_date schedule
    schedule_date sending_start_date sending_end_date estimated_sending_end_date targeted progress emails_limit has_quota is_test favorite
    cannot_resume cannot_resume_reason report test cancel notify_onlaunch notify_onfailed notify_oncomplete comment esps manager
    created_by scheduled_by original_email_message_id ox_data email_id email_name message_type esp_connections_quota {_LIFE}"""


@dataclass(frozen=True)
class Root:
    """A table with one row for each record of an entity. `nested` are keys of what is in no column; `guess` adds additional_fields."""

    table: str
    entity: str
    columns: str
    key: tuple[str, ...] = ("list_id", "id")
    nested: str = ""
    guess: bool = False
    adapt: Adapt = dict


@dataclass(frozen=True)
class Child:
    """A table of what a list in a record holds: `owner` is the column for the record's id, `nested` the key of the list."""

    table: str
    entity: str
    owner: str
    nested: str
    columns: str
    guess: bool = False
    adapt: Adapt = dict


def _unpacked(key: str) -> Adapt:
    """Return what takes the document out of a text, and leaves null alone."""
    return lambda record: record if record.get(key) is None else record | {key: json_inside(record[key])}


def _rule(record: Record) -> Record:
    return _unpacked("operand")(record | {"rule_position": record.get("position")})


ROOTS = (
    Root(
        "segments",
        segments.ENTITY,
        f"""id name type description favorite last_count last_count_date last_count_request_date isp_breakdown last_sent segment_quota
        is_quota_percent default_include_segment default_exclude_segment included_segment_cache excluded_segment_cache is_external
        external_url external_insert_missing external_include_unsubscribes created_by modified_by user_modified {_LIFE}""",
    ),
    Root("mailings", mailings.ENTITY, _MAILING),
    Root(
        "email_messages",
        emails.ENTITY,
        f"""id account_id parent_id mailing_id type name description subject preheader from_name from_address reply_address
        esp_connection_id favorite unsubscribe_default_link unsubscribe_success_html unsubscribe_confirmation_html
        unsubscribe_confirmation_button created_by {_LIFE}""",
        nested="content_html content_text",
        guess=True,
    ),
    Root(
        "email_message_bodies",
        emails.ENTITY,
        "email_message_id content_html content_text",
        key=("list_id", "email_message_id"),
        adapt=lambda record: record | {"email_message_id": record["id"]},
    ),
    Root(
        "imports",
        imports.ENTITY,
        f"""id account_id type action name file file_url imported_by is_override save_report send_welcome_message
        send_email_notification csv_delimiter encoding ignore_empty overwrite_only_nulls fields progress size file_size_bytes total
        success failed duplicate existing not_existing incomplete invalid status status_desc status_info remaining
        import_process_start_time import_process_end_time can_be_aborted {_LIFE}""",
        adapt=_unpacked("fields"),
    ),
    Root("esp_connections", providers.ENTITY, "id esp_id esp_name name support_transactional", key=("id",)),
    Root("transactional_campaigns", transactional.ENTITY, _MAILING, guess=True),
    Root(
        "events",
        events.ENTITY,
        """id name description based_on mailing_id date_field_name annually_event ongoing_event start_date end_date status segments
        segments_excluded distribution""",
        nested="triggers",
        guess=True,
    ),
    Root("email_tags", providers.TAG, "id title", guess=True),
)
CHILDREN = (
    Child(
        "segment_rules",
        segments.ENTITY,
        "segment_id",
        "rules",
        """id rule_position group condition left_parenthesis right_parenthesis type field_id field_name operator operand
        is_external_operand case_sensitive""",
        adapt=_rule,
    ),
    Child("mailing_segments", mailings.ENTITY, "mailing_id", "segments", "segment_id type name last_count exclude"),
    Child(
        "mailing_distributions", mailings.ENTITY, "mailing_id", "distribution",
        "esp_id esp_connection_id isp_id segment_id domain percent name",
    ),
    Child(
        "mailing_email_messages", mailings.ENTITY, "mailing_id", "email_message", "email_message_id type name description subject preview"
    ),
    Child(
        "event_triggers",
        events.ENTITY,
        "event_id",
        "triggers",
        "based_on email_messages days_diff operator email_operator schedule_hour schedule_minute recurrence",
        guess=True,
    ),
)  # fmt: skip


def _root_table(account: Account, root: Root) -> TruthTable:
    scoped = "list_id" in root.key

    def raw() -> Iterator[Record]:
        for place, record in account.everywhere(root.entity):
            yield root.adapt(record) | ({"list_id": place} if scoped else {})

    fields = [*_fields("list_id" if scoped else ""), *_fields(root.columns, guess=root.guess)]
    known = _words(f"list_id {root.columns} {root.nested}")
    return TruthTable(root.table, list(root.key), fields, raw, lambda: _count(account, root.entity), known, cell=cell)


def _count(account: Account, entity: str) -> int:
    readable = {each.id for each in account.visible()}
    return sum(found.count() for place, found in account.collections[entity].items() if not place or place in readable)


def _child_table(account: Account, child: Child) -> TruthTable:
    def raw() -> Iterator[Record]:
        for place, record in account.everywhere(child.entity):
            for position, row in enumerate(record.get(child.nested) or []):
                yield child.adapt(row) | {"list_id": place, "_owner": record["id"], "position": position}

    fields = [*_fields("list_id"), Field(child.owner, "_owner", "text"), *_fields("position"), *_fields(child.columns, guess=child.guess)]
    known = _words(f"list_id {child.owner} position {child.columns}")
    return TruthTable(child.table, ["list_id", child.owner, "position"], fields, raw, known=known, cell=cell)


# --- statistics ----------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Statistics:
    """A table of sums for each day: `parts` of the key besides the list, the mailing and the day, and names that go with them."""

    table: str
    names: str
    parts: tuple[str, ...] = ()
    of_events: bool = False

    @property
    def key(self) -> list[str]:
        """Return the columns of the key."""
        if self.of_events:
            return ["list_id", "event_id", "mailing_id", "stats_date"]
        return ["list_id", "mailing_id", *self.parts, "stats_date"]


STATISTICS = (
    Statistics("mailing_daily_stats", "mailing_name mailing_type"),
    Statistics(
        "mailing_delivery_daily_stats", "mailing_name esp_connection_title esp_name isp_name", parts=("esp_connection_id", "isp_id")
    ),
    Statistics("mailing_segment_daily_stats", "mailing_name segment_name", parts=("segment_id",)),
    Statistics("mailing_link_daily_stats", "mailing_name link_url", parts=("link_hash",)),
    Statistics("mailing_country_daily_stats", "mailing_name", parts=("country_iso",)),
    Statistics("event_daily_stats", "mailing_name event_name", of_events=True),
)
_NOTHING = "none"


def link_hash(url: str) -> str:
    """Return what a link's rows are known by."""
    return hashlib.sha256(url.encode()).hexdigest()[:20]


def facts_by_mailing(account: Account, low: int | None = None) -> Iterator[list[Fact]]:
    """Yield the facts of each mailing that was sent, those of one mailing together; with `low` at least all from that instant on."""
    for place in account.visible(sending=True):
        collection = mailings_of(account, place)
        yield from (facts_of(collection, sent) for sent in sent_mailings(collection, low, None))


def sums(table: Statistics, facts: list[Fact]) -> Iterator[Record]:
    """Yield the rows of a mailing."""
    rows: dict[tuple[str, ...], Record] = {}
    for fact in facts:
        if table.of_events and fact["event_id"] is None:
            continue
        marked = fact | {"stats_date": day_of(fact["_at"]), "link_hash": link_hash(fact["link_url"]) if fact["link_url"] else None}
        key = {name: marked[name] if marked[name] not in {None, ""} else _NOTHING for name in table.key}
        row = rows.setdefault(tuple(map(str, key.values())), marked | key | dict.fromkeys(METRICS, 0))
        for name in METRICS:
            row[name] += fact[name]
    yield from rows.values()


def _statistics_table(account: Account, table: Statistics) -> TruthTable:
    def raw() -> Iterator[Record]:
        for facts in facts_by_mailing(account):
            yield from sums(table, facts)

    fields = _fields(" ".join([*table.key, table.names, *METRICS]))
    return TruthTable(table.table, table.key, fields, raw, cell=cell)


def _list_statistics(account: Account) -> TruthTable:
    def raw() -> Iterator[Record]:
        for place in account.visible(sending=True):
            yield from growth(account.world, place, scope_of(mailings_of(account, place)).started)

    fields = _fields(" ".join(["list_id", "record_date", *GROWTH]))
    return TruthTable("list_daily_stats", ["list_id", "record_date"], fields, raw, cell=cell)


def tables(account: Account) -> dict[str, TruthTable]:
    """Return the truth by table, the optional ones (OPTIONAL) included."""
    found = [_root_table(account, root) for root in ROOTS]
    found += [_child_table(account, child) for child in CHILDREN]
    found += [_statistics_table(account, each) for each in STATISTICS]
    return {table.name: table for table in [*found, _list_statistics(account)]}
