"""What the contract's tests have to know of each source: where to break it. A new connector adds its entry here."""

from __future__ import annotations

import base64
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import date, timedelta
from typing import Any, NamedTuple

from sandbox.messages import Request

State = dict[str, Any]
Step = str | int
Place = tuple[Step, ...]  # where something stands in a state


class Conversion(NamedTuple):
    """A value at the source and the cell that it must become: worked out by hand, neither by the converter nor by the truth.

    `path` is where it stands in an entity's record; in a list it stands at the first place.
    """

    entity: str
    path: str
    value: object
    table: str
    column: str
    expected: object


class Cursor(NamedTuple):
    """How far something is read: `since` is from when the next reading asks, `reading` which one is under way, `last` how far that is."""

    since: str
    reading: tuple[object, ...]
    last: int


class Facts(NamedTuple):
    """A large list with records that can be edited and deleted, and how it is asked for.

    Args:
        table: its table.
        entity: its name in the sandbox.
        pages: the paths of its pages, as a regular expression.
        listing: the paths of the lists by which deletes are looked for.
        secret: the setting that is the credential.
        examples: by setting, how a value that is made up for a test is written so that the setting accepts it.
        sweep: the setting that says how many days lie between two searches for deletes; 0 is every sync.
        dependent: tables that are filled together with it.
        field, column: a date of its records, and the column it fills.
        small_entity, small_table: a short list that is replaced as a whole.
        id_field: the name of the id in the large list's records.
        small_id_field: the same of the short list's.
        setup_entity: what a setup test cannot do without, if that is not the entity.
        advice: words of what a setup test says of a key that may not read the entity.
        admit: makes the sandbox accept another credential.
        workers: the constants, as module.NAME, that say how many requests are under way at once.
        page_sizes: the constant that lists the page sizes, largest first.
        scope: the column that says in which part of the source (a list, an account) a record lies, where a key begins with that.
        day: the column that tells in a key of which day a row is, where such rows belong to no record.
        raw_id: an id as the sandbox takes it, from its text.
        no_ids: what stands for an id and can be none.
        bounds: constants, as module.NAME, that bound what is held at once, and what they are where pages are small.
        few: how many records the source has, by what it counts by, so that some of the large list are committed in the middle of it.
        portions: the constant, as module.NAME, that says how many rows are handed over at once, unless `common.listings` does that.
        small_pages: page sizes with which lists of a small source have many page edges.
        out_of_reach: presets that keep from a connector what this source has no other way to give.
        leaks: what a test of the memory must be able to see when it is kept.
        carriers: entities without whose ids nothing can be asked of what belongs to them.
        steering: fields, as entity.path, that decide what is asked for at all, so that a wrong value there has no cell of its own.
        kind_of: of an entity and a record, a word for the kind of record, where records of one entity fill different tables.
        tiny: the smallest source of which some records of the large list can be deleted.
        learned: a regular expression of what a state remembers of how the source coped, and not of what was delivered.
        essential: tables of which each stands for many that are read in the same way, where all would make a sync too long.
        unsettling: kinds of change after which the source does not tell any more what it told before.
        quiet_days: how much time passes, in days, without anything new at the source.
        much: settings with which a first sync asks for much that later ones need not ask for again.
        prepare: makes a source fit these settings.
        names_unreadable: whether the source lets anyone find out the id of a record that cannot be read.
        of_the_past: tables that keep rows of days that are not asked for any more, so that a source may know less than they hold.
        poorer: further tables that lack something when the entity may not be read.
        reserve: the setting that says how many requests are left to others, where the source tells its quota in headers.
        pace: the settings that say how many calls a minute there may be, and how many at once, where nobody but the client counts them.
        unlimited: settings with which the client's own limits hold no sync back.
        brief: of a source, settings with which a sync takes fewer requests, in the tests of the contract.
        unused: operations that this connector has no use for.
        splits: the function, as module.NAME or common.module.NAME, that makes rows of a record.
        queries_of_a_sync: how many of the sandbox's "queries" a first sync of a hundred rows certainly asks for, in pages of 20.
        queries_of_a_later_sync: the same of a sync after changes, if these are fewer.
        inherited: columns, as table.column, that repeat another record's id: the error names that record's own column.
        unspoilt: why columns, as table.column or table.*, are filled by no field of a record that a fault could spoil.
        takes_booleans: columns, as patterns of table.column, of texts in which a boolean is a value like any other.
        takes_json: columns, as patterns of table.column, of texts in which any JSON is a value like any other.
        also_fits: wrong values, by their names in `test_conversions`, that can fit a kind of column (the truth's name) at this source.
        conversions: values that are easily mangled.
        cursors: by name, the cursors that a state holds.
        damage: damaged copies of a state that must be refused, each with the word by which that must be told.
        misread: places of a state, and the kind of garbage that was once misread there; {table} and {error} stand for one of each.
        tables_of_ids: parts of a state in which the keys are names of tables, or ids.
    """

    table: str
    entity: str
    pages: str
    listing: str
    secret: str
    sweep: str
    dependent: frozenset[str]
    field: str
    column: str
    small_entity: str
    small_table: str
    advice: str
    admit: Callable[[Any, str], None]
    workers: tuple[str, ...]
    page_sizes: str
    examples: Mapping[str, str] = {}
    id_field: str = "id"
    small_id_field: str = "id"
    setup_entity: str = ""
    scope: str = ""
    day: str = ""
    raw_id: Callable[[str], Any] = int
    no_ids: tuple[object, ...] = (None, {"an": "object"}, "seventeen", True)
    bounds: Mapping[str, int] = {}
    few: int = 20
    portions: str = ""
    small_pages: tuple[int, ...] = (20, 10, 5, 1)
    out_of_reach: frozenset[str] = frozenset()
    leaks: tuple[str, ...] = ("rows", "replies")
    carriers: frozenset[str] = frozenset()
    steering: frozenset[str] = frozenset()
    kind_of: Callable[[str, State], str] = lambda entity, record: ""
    tiny: int = 2
    learned: str = ""
    essential: frozenset[str] = frozenset()
    unsettling: frozenset[str] = frozenset()
    quiet_days: float = 0.5
    much: Mapping[str, str] = {}
    prepare: Callable[[Any, Mapping[str, str]], None] = lambda source, settings: None
    names_unreadable: bool = True
    of_the_past: frozenset[str] = frozenset()
    poorer: frozenset[str] = frozenset()
    reserve: str = ""
    pace: tuple[str, str] | None = None
    unlimited: Mapping[str, str] = {}
    brief: Callable[[Any], Mapping[str, str]] = lambda source: {}
    unused: frozenset[str] = frozenset()
    splits: str = "models.split"
    queries_of_a_sync: int = 40
    queries_of_a_later_sync: int = 0
    inherited: frozenset[str] = frozenset()
    unspoilt: Mapping[str, str] = {}
    takes_booleans: tuple[str, ...] = ()
    takes_json: tuple[str, ...] = ()
    also_fits: frozenset[tuple[str, str]] = frozenset()
    conversions: tuple[Conversion, ...] = ()
    cursors: Callable[[State], dict[str, Cursor]] = lambda state: {}
    damage: Callable[[State], Iterator[tuple[str, State]]] = lambda state: iter(())
    misread: tuple[tuple[Place, str], ...] = ()
    tables_of_ids: frozenset[str] = frozenset({"digests", "open_errors"})

    def own_id(self, columns: Sequence[str], key: Sequence[Any]) -> str:
        """The id of the record to which a row belongs, by the columns of its table's key and the row's key."""
        return "/".join(map(str, key)) if self.day in columns else str(key[self._begins(columns)])

    def record_of(self, columns: Sequence[str], key: Sequence[Any]) -> str:
        """How an `errors` row names the record to which a row belongs."""
        return "/".join(str(part) for part in key[: self._begins(columns) + 1])

    def is_root(self, columns: Sequence[str]) -> bool:
        """Whether a table with this key has a row for each record, and not for each of a record's parts."""
        return len(columns) == self._begins(columns) + 1

    def _begins(self, columns: Sequence[str]) -> int:
        """The place of the record's own id in a key."""
        return 1 if self.scope and len(columns) > 1 and columns[0] == self.scope else 0

    def tuning(self, modules: Any, workers: int | None = None, page_sizes: Sequence[int] = ()) -> Iterator[tuple[Any, str, object]]:
        """What to set, as arguments of `setattr`, so that a connector's modules work with other numbers."""
        wanted: list[tuple[str, object]] = [(place, workers) for place in self.workers if workers]
        if page_sizes:
            wanted += [(self.page_sizes, list(page_sizes)), *self.bounds.items()]
        for place, value in wanted:
            module, _, name = place.partition(".")
            yield getattr(modules, module), name, value


def example(folder: str, setting: str, word: str) -> str:
    """A value with a word in it that a setting accepts."""
    return FACTS[folder].examples.get(setting, "{}").format(word)


def _each(entity: str, path: str, table: str, column: str, cells: Mapping[Any, object]) -> tuple[Conversion, ...]:
    return tuple(Conversion(entity, path, value, table, column, expected) for value, expected in cells.items())


# Without an offset a time is taken to be UTC, also where a clock of daylight saving skips it or shows it twice (fact sheet, 3).
VIRTUOUS_TIMES = {
    "2024-02-29T00:00:00": "2024-02-29T00:00:00.000000Z",  # a leap day
    "2/29/2024": "2024-02-29T00:00:00.000000Z",
    "2000-02-29": "2000-02-29T00:00:00.000000Z",
    "2024-03-10T02:30:00": "2024-03-10T02:30:00.000000Z",  # New York skips it
    "2024-03-10T02:30:00-05:00": "2024-03-10T07:30:00.000000Z",
    "2024-03-10T03:30:00-04:00": "2024-03-10T07:30:00.000000Z",
    "2024-11-03T01:30:00": "2024-11-03T01:30:00.000000Z",  # New York has it twice
    "2024-11-03T01:30:00-04:00": "2024-11-03T05:30:00.000000Z",
    "2024-11-03T01:30:00-05:00": "2024-11-03T06:30:00.000000Z",
    "2024-10-06T02:30:00": "2024-10-06T02:30:00.000000Z",  # Lord Howe Island skips it, by half an hour
    "2024-03-31T02:59:59Z": "2024-03-31T02:59:59.000000Z",
    "1969-12-31T23:59:59": "1969-12-31T23:59:59.000000Z",
    "2024-12-31T23:30:00-05:00": "2025-01-01T04:30:00.000000Z",
    "2024-06-01T12:00:00.1": "2024-06-01T12:00:00.100000Z",
    "2024-06-01T12:00:00.12": "2024-06-01T12:00:00.120000Z",
    "2024-06-01T12:00:00.123": "2024-06-01T12:00:00.123000Z",
    "2024-06-01T12:00:00.1234": "2024-06-01T12:00:00.123400Z",
    "2024-06-01T12:00:00.12345": "2024-06-01T12:00:00.123450Z",
    "2024-06-01T12:00:00.123456": "2024-06-01T12:00:00.123456Z",
    "2024-06-01T12:00:00.1234567": "2024-06-01T12:00:00.123456Z",
    "2024-06-01T12:00:00.9999999Z": "2024-06-01T12:00:00.999999Z",
}
# What JSON cannot carry through a float is given as the text that stands on the wire: see `tests.contract.test_conversions.WIRE`.
VIRTUOUS_AMOUNTS = {
    0.1 + 0.2: "0.3000",
    0: "0.0000",
    0.07: "0.0700",
    1.005: "1.0050",
    -0.01: "-0.0100",
    4503599627370.4970: "4503599627370.4970",
    99999999999999: "99999999999999.0000",
    "wire:99999999999999.9999": "99999999999999.9999",  # 18 digits; a float has 15 to 17
    "wire:12345678901234.5678": "12345678901234.5678",
    "wire:-0.0": "0.0000",
    "wire:1E+3": "1000.0000",
}
TEXTS = {
    "": "",
    " ": " ",
    None: None,
    "null": "null",
    "NULL": "NULL",
    "\"": "\"",
    "'": "'",
    "\\": "\\",
    "\\N": "\\N",
    "a\nb": "a\nb",
    "a\r\n\tb": "a\r\n\tb",
    "\U0001f468\u200d\U0001f469\u200d\U0001f467 family": "\U0001f468\u200d\U0001f469\u200d\U0001f467 family",
    "e\u0301 is not \u00e9": "e\u0301 is not \u00e9",
    "\u2028": "\u2028",
    "\u202eright to left": "\u202eright to left",
    "007": "007",
    "1e5": "1e5",
    "2024-02-29": "2024-02-29",
}
VIRTUOUS_IDS = {
    2**53 + 1: "9007199254740993",
    2**63 - 1: "9223372036854775807",
    -(2**63): "-9223372036854775808",
    2**64 + 1: "18446744073709551617",
    "000123": "000123",
}
VIRTUOUS_CONVERSIONS = (
    *_each("Gift", "giftDate", "gifts", "gift_date", VIRTUOUS_TIMES),
    *_each("Contact", "contactIndividuals.0.createDateTimeUtc", "contact_individuals", "create_date_time_utc", VIRTUOUS_TIMES),
    *_each("Gift", "amount", "gifts", "amount", VIRTUOUS_AMOUNTS),
    *_each("Project", "beginningBalance", "projects", "beginning_balance", {"$1,234.50": "1234.5000", "($10.50)": "-10.5000"}),
    *_each("Gift", "notes", "gifts", "notes", TEXTS),
    *_each("Contact", "description", "contacts", "description", TEXTS),
    *_each("Gift", "segmentId", "gifts", "segment_id", VIRTUOUS_IDS),
    *_each("Gift", "exchangeRate", "gifts", "exchange_rate", {0.1: 0.1, 1e-9: 1e-9, 1 / 3: 1 / 3}),
    *_each("Contact", "anniversaryYear", "contacts", "anniversary_year", {2**31: 2**31, 2**63 - 1: 2**63 - 1, "1999": 1999}),
)


def _virtuous_cursors(state: State) -> dict[str, Cursor]:
    return {
        name: Cursor(part["modified_since"] or "", (part["modified_since"], part["read_started"], part["rescan"]), part["last_id"])
        for name, part in state.items()
        if isinstance(part, dict) and "last_id" in part
    }


# Times are seconds since 1970, as numbers or as texts; what stands for no date is not such a second.
ONGAGE_TIMES = {
    1709164800: "2024-02-29T00:00:00.000000Z",  # a leap day
    "1709164800": "2024-02-29T00:00:00.000000Z",
    1710055800: "2024-03-10T07:30:00.000000Z",  # while New York skips an hour
    "1730611800": "2024-11-03T05:30:00.000000Z",  # and while it has one twice
    2147483648: "2038-01-19T03:14:08.000000Z",  # more than 31 bits
    "4102444800": "2100-01-01T00:00:00.000000Z",
    0: None,
    "0": None,
    "": None,
    None: None,
}
ONGAGE_FLAGS = {"1": True, "0": False, 1: True, 0: False, None: None}
ONGAGE_TRUTH_VALUES = {True: True, False: False}
ONGAGE_IDS = {2**53 + 1: "9007199254740993", "18446744073709551617": "18446744073709551617", "000123": "000123", 60004: "60004"}
ONGAGE_CONVERSIONS = (
    *_each("Mailing", "schedule_date", "mailings", "schedule_date", ONGAGE_TIMES),
    *_each("Mailing", "favorite", "mailings", "favorite", ONGAGE_FLAGS),
    *_each("Segment", "favorite", "segments", "favorite", ONGAGE_TRUTH_VALUES),
    *_each("Mailing", "name", "mailings", "name", TEXTS),
    *_each("Segment", "created_by", "segments", "created_by", ONGAGE_IDS),
)


def _virtuous_damage(state: State) -> Iterator[tuple[str, State]]:
    table = next(name for name, part in state.items() if isinstance(part, dict) and "last_id" in part)
    part = state[table]
    yield table, state | {table: "gone"}
    yield "last_id", state | {table: part | {"last_id": "seven"}}
    yield "modified_since", state | {table: part | {"modified_since": "yesterday"}}
    yield "swept_at", state | {table: part | {"swept_at": 5}}
    yield "delivered", state | {table: part | {"delivered": {"children": [], "blocks": [[1, 2, "%%%"]]}}}


def _ongage_cursors(state: State) -> dict[str, Cursor]:
    found = {}
    for number, part in state.get("lists", {}).items():
        contacts = part["contacts"]
        ends = [window[2] for window in contacts["windows"] if window[2] is not None]
        last = -len(contacts["windows"]) if contacts["kind"] == "changes" or not ends else -max(ends)
        found[number] = Cursor(contacts["since"] or "", (contacts["kind"], contacts["upper"]), last)
    for name, part in state.get("spans", {}).items():
        done = date.fromisoformat(part["done"]).toordinal() if part["done"] else 0
        found[name] = Cursor(f"{len(part['lists']):3} lists", tuple(part["pending"]), done)
    return found


def _ongage_damage(state: State) -> Iterator[tuple[str, State]]:
    number, part = next(iter(state["lists"].items()))
    contacts = part["contacts"]

    def with_contacts(**other: object) -> State:
        return state | {"lists": state["lists"] | {number: part | {"contacts": contacts | other}}}

    yield "lists", state | {"lists": "gone"}
    yield "contacts", state | {"lists": state["lists"] | {number: {"collections": part["collections"]}}}
    yield "since", with_contacts(since="yesterday")
    yield "kind", with_contacts(kind="backwards")
    yield "windows", with_contacts(windows=[["ocx_created_date", "then", None, 0, None]])
    yield "held", with_contacts(held={"rows": 1, "keys": [64, "%%%"], "sums": [128, "%%%"]})
    yield "delivered", state | {"lists": state["lists"] | {number: part | {"collections": _broken_ledgers(part["collections"])}}}


def _broken_ledgers(collections: State) -> State:
    return {name: one | {"delivered": {"children": [], "blocks": [[1, 2, "%%%"]]}} for name, one in collections.items()}


def _ongage_admits(source: Any, secret: str) -> None:
    admit = source.admit

    def admit_either(request: Request) -> object:
        known = {"x_password": source.token} if request.headers.get("x_password") == secret else {}
        return admit(replace(request, headers=request.headers | known))

    source.admit = admit_either


# Times carry an offset or a Z; what the sheet calls .NET's default is no date (fact sheet 6).
EVERYACTION_TIMES = {
    "2024-02-29T00:00:00Z": "2024-02-29T00:00:00.000000Z",  # a leap day
    "2024-03-10T02:30:00-05:00": "2024-03-10T07:30:00.000000Z",
    "2024-11-03T01:30:00-04:00": "2024-11-03T05:30:00.000000Z",  # New York has it twice
    "2024-11-03T01:30:00-05:00": "2024-11-03T06:30:00.000000Z",
    "2021-11-03T15:27:01.8687339-04:00": "2021-11-03T19:27:01.868733Z",
    "2024-06-01T12:00:00.27Z": "2024-06-01T12:00:00.270000Z",
    "2024-06-01T12:00:00.453Z": "2024-06-01T12:00:00.453000Z",
    "2024-12-31T23:30:00-05:00": "2025-01-01T04:30:00.000000Z",
    "0001-01-01T00:00:00Z": None,
    None: None,
}
EVERYACTION_AMOUNTS = {"12.34": "12.3400", 0.1 + 0.2: "0.3000", "wire:99999999999999.9999": "99999999999999.9999", -0.01: "-0.0100"}
EVERYACTION_CONVERSIONS = (
    *_each("Code", "dateCreated", "codes", "date_created", EVERYACTION_TIMES),
    *_each("Code", "parentCodeId", "codes", "parent_code_id", {2**53 + 1: "9007199254740993", "000123": "000123", 2**64: str(2**64)}),
    *_each("EventSignup", "person.firstName", "event_signups", "person_first_name", TEXTS),
    *_each(
        "FinancialBatch",
        "expectedContributionTotalAmount",
        "financial_batches",
        "expected_contribution_total_amount",
        EVERYACTION_AMOUNTS,
    ),
)


def _everyaction_cursors(state: State) -> dict[str, Cursor]:
    found = {name: Cursor(part["cursor"] or "", (), 0) for name, part in state.get("exports", {}).items()}
    if state:
        past = state["backfill"]
        found["the past"] = Cursor(f"{len(past['covered']):3} types", tuple(past["wanted"]), past["people"])
    return found


def _everyaction_damage(state: State) -> Iterator[tuple[str, State]]:
    name, part = next(iter(state["exports"].items()))
    past = state["backfill"]
    yield "lists", state | {"lists": "gone"}
    yield "codes", state | {"lists": {other: one for other, one in state["lists"].items() if other != "codes"}}
    yield "delivered", state | {"lists": _broken_ledgers(state["lists"])}
    yield "cursor", state | {"exports": state["exports"] | {name: part | {"cursor": "yesterday"}}}
    yield "job", state | {"exports": state["exports"] | {name: part | {"job": [1, "then", None]}}}
    yield "width", state | {"exports": state["exports"] | {name: part | {"width": 0}}}
    yield "parts", state | {"backfill": past | {"parts": [["lastName", "a"]]}}
    yield "batch", state | {"backfill": past | {"batch": 7}}
    yield "events", state | {"signups": state["signups"] | {"events": {"children": [], "blocks": [[1, 2, "%%%"]]}}}
    yield "refreshed_at", state | {"refreshed_at": 5}


def _everyaction_admits(source: Any, secret: str) -> None:
    """Lets a login with another key pass as the right one."""
    admit = source.admit
    username = source.configuration("")["username"]

    def header(key: str) -> str:
        return f"Basic {base64.b64encode(f'{username}:{key}|1'.encode()).decode()}"

    def admit_either(request: Request) -> object:
        known = {"authorization": header(source.token)} if request.headers.get("authorization") == header(secret) else {}
        return admit(replace(request, headers=request.headers | known))

    source.admit = admit_either


# Local times, without an offset, of accounts in several zones; only what is unmistakable in each of them is tried here (see tests/sa360).
SA360_AMOUNTS = {"20000000": "20.000000", "1": "0.000001", "-500000": "-0.500000", "99999999999999000000": "99999999999999.000000"}
SA360_CONVERSIONS = (
    *_each("Asset", "name", "assets", "name", {text: cell for text, cell in TEXTS.items() if text is not None}),
    *_each("CampaignBudget", "amountMicros", "campaign_budgets", "amount", SA360_AMOUNTS),
    *_each("Label", "id", "labels", "id", {str(2**53 + 1): "9007199254740993", str(2**63 - 1): "9223372036854775807"}),
    *_each("Campaign", "startDate", "campaigns", "start_date", {"2024-02-29": "2024-02-29T00:00:00.000000Z", "": None}),
)


SA360_GIVEN_CURRENCY = (
    "campaigns", "campaign_budgets", "ad_groups", "keywords", "ad_group_criteria", "product_groups", "accessible_bidding_strategies",
)  # fmt: skip
SA360_OF_RESOURCE_NAMES = (
    "campaign_labels.campaign_id", "campaign_labels.label_id", "ad_group_labels.ad_group_id", "ad_group_labels.label_id",
    "ad_labels.ad_group_id", "ad_labels.ad_id", "ad_labels.label_id", "keyword_labels.ad_group_id", "keyword_labels.criterion_id",
    "keyword_labels.label_id", "customer_assets.asset_id", "customer_assets.field_type", "campaign_assets.campaign_id",
    "campaign_assets.asset_id", "campaign_assets.field_type", "ad_group_assets.ad_group_id", "ad_group_assets.asset_id",
    "ad_group_assets.field_type", "asset_group_assets.asset_group_id", "asset_group_assets.asset_id",
    "asset_group_signals.asset_group_id", "asset_group_signals.criterion_id", "asset_group_listing_group_filters.asset_group_id",
    "asset_set_assets.asset_set_id", "asset_set_assets.asset_id", "customer_asset_sets.asset_set_id", "campaign_asset_sets.campaign_id",
    "campaign_asset_sets.asset_set_id", "ad_group_asset_sets.ad_group_id", "ad_group_asset_sets.asset_set_id",
    "ad_group_bid_modifiers.ad_group_id", "ad_group_bid_modifiers.criterion_id", "campaign_budgets.id",
)  # fmt: skip
SA360_OF_OTHER_CRITERIA = (
    *(f"{table}.{column}" for table in ("keywords", "product_groups") for column in (
        "age_range_type", "gender_type", "location_geo_target_constant", "user_list_user_list", "webpage_conditions",
        "webpage_coverage_percentage", "webpage_criterion_name",
    )),
    "keywords.listing_group_type", *(f"{table}.keyword_{column}" for table in ("ad_group_criteria", "product_groups") for column in
    ("text", "match_type")),
)  # fmt: skip
SA360_JOINED = (
    "ad_groups.campaign_id", "ads.ad_group_id", "ads.campaign_id", "campaign_criteria.campaign_id",
    *(f"{table}.{column}" for table in ("keywords", "ad_group_criteria", "product_groups") for column in ("ad_group_id", "campaign_id")),
)  # fmt: skip


def _sa360_cursors(state: State) -> dict[str, Cursor]:
    """By account and report: the last day that was read, and how far the past is."""
    found = {}
    for number, part in state.get("accounts", {}).items():
        for name, report in part["reports"].items():
            first = date.fromisoformat(report["first"]).toordinal() if report["first"] else date.max.toordinal()
            found[f"{number} {name}"] = Cursor(report["until"] or "", tuple(report["columns"]), -first)
    return found


def _sa360_damage(state: State) -> Iterator[tuple[str, State]]:
    number, part = next((number, part) for number, part in state["accounts"].items() if part["reports"])
    name, report = next(iter(part["reports"].items()))
    listing = next(iter(part["listings"]))

    def with_part(**other: object) -> State:
        return state | {"accounts": state["accounts"] | {number: part | other}}

    def with_report(**other: object) -> State:
        return with_part(reports=part["reports"] | {name: report | other})

    yield "accounts", state | {"accounts": "gone"}
    yield number, state | {"accounts": state["accounts"] | {number: []}}
    yield "listings", with_part(listings=[])
    yield listing, with_part(listings=part["listings"] | {listing: {"rows": 1}})
    yield "until", with_report(until="yesterday")
    yield "width", with_report(width=0)
    yield "holding", with_report(holding=report["holding"] | {"digests": "%%%"})
    yield "holding", with_report(holding=report["holding"] | {"keys": [64, "%%%"]})
    yield "columns", with_report(columns=[5])
    yield "constants_read_at", state | {"constants_read_at": 5}


def _sa360_briefly(source: Any) -> dict[str, str]:
    """Daily numbers of a week, of which the last days are read again, in which the source still changes them."""
    source.start_date = source.started - timedelta(days=6)
    return {"start_date": source.start_date.isoformat(), "conversion_window_days": "3"}


FACTS = {
    "virtuous": Facts(
        table="gifts",
        entity="Gift",
        pages=r"/api/Gift/Query/FullGift$",
        listing=r"/api/Gift/Query$",
        secret="bearer_token",
        sweep="delete_sweep_days",
        dependent=frozenset(
            {
                "gifts",
                "gift_custom_fields",
                "gift_designations",
                "gift_passthroughs",
                "gift_pledge_payments",
                "gift_premiums",
                "gift_recurring_gift_payments",
            }
        ),
        field="giftDate",
        column="gift_date",
        small_entity="Tag",
        small_table="tags",
        advice="permission group",
        admit=lambda source, secret: setattr(source.tokens, "static", secret),
        workers=("fetch.PARALLEL_REQUESTS", "sync.PARALLEL_REQUESTS"),
        page_sizes="fetch.TAKE_SIZES",
        poorer=frozenset({"custom_field_definitions", "lookup_values"}),
        reserve="rate_limit_reserve",
        inherited=frozenset(
            {
                "contact_methods.contact_individual_id",
                "contact_individual_custom_fields.contact_individual_id",
                "contact_custom_collections.contact_individual_id",
                "contact_custom_collection_fields.contact_individual_id",
                "contact_custom_collection_fields.collection_instance_id",
            }
        ),
        unspoilt={
            "contacts.is_archived": "comes from a second question, whether the contact is among those that are not",
            "project_custom_fields.name": "a key, not a value: projects serve their custom fields as one object",
            "project_custom_fields.data_type": "not in that object",
            "project_custom_fields.display_name": "not in that object",
            "event_attendees.additional_fields": "no field is unknown so far",
            "premiums.additional_fields": "no field is unknown so far",
            "campaigns.additional_fields": "no field is unknown so far",
            "communications.additional_fields": "no field is unknown so far",
            "email_lists.additional_fields": "no field is unknown so far",
            "organizations.*": "one object, not a list of records",
            "custom_field_definitions.*": "a bare array of settings without ids",
            "custom_collection_definitions.*": "a bare array of settings without ids",
            "lookup_values.*": "a bare array, mostly of texts",
        },
        takes_booleans=("*_custom_fields.value", "contact_custom_collection_fields.value"),
        conversions=VIRTUOUS_CONVERSIONS,
        cursors=_virtuous_cursors,
        damage=_virtuous_damage,
        misread=(
            (("{table}",), "gone"),
            (("{table}", "delivered"), "gone"),
            (("{table}", "delivered", "blocks"), "an empty object"),
            (("{table}", "optional"), "a nested list"),
            (("parameters", "{table}", 0), "a number"),
            (("open_errors", "{error}", 2), "an empty list"),
        ),
        tables_of_ids=frozenset({"digests", "open_errors", "parameters"}),
    ),
    "ongage": Facts(
        table="mailings",
        entity="Mailing",
        pages=r"/api/mailings$",
        listing=r"/api/mailings$",
        secret="x_password",
        sweep="full_refresh_days",
        dependent=frozenset({"mailings", "mailing_segments", "mailing_distributions", "mailing_email_messages"}),
        field="schedule_date",
        column="schedule_date",
        small_entity="EspConnection",
        small_table="esp_connections",
        advice="403",
        admit=_ongage_admits,
        workers=("fetch.PARALLEL_REQUESTS", "sync.PARALLEL_REQUESTS"),
        page_sizes="fetch.PAGE_SIZES",
        scope="list_id",
        small_pages=(5, 1),
        out_of_reach=frozenset({"depth-cap"}),
        takes_json=(
            "lists.frequencies", "lists.external_url_wrapper", "lists.welcome_sms_per_segment", "lists.segment_welcome_emails",
            "lists.allowed_provider_connection_ids", "lists.demo_list_step", "lists.link_query_params", "*.*cluded_segment_cache",
            "segments.isp_breakdown", "mailings.ox_data", "mailings.esp_connections_quota", "imports.status_info", "imports.remaining",
        ),
        also_fits=frozenset(
            {
                ("a negative number", "timestamp"),
                *(("no text at all", kind) for kind in ("integer", "double", "boolean", "timestamp")),
            }
        ),
        leaks=("rows",),  # its replies are CSVs, which are never held
        carriers=frozenset({"List"}),
        names_unreadable=False,
        queries_of_a_sync=24,  # one that goes on behind the contacts has 21, and no other has fewer
        of_the_past=frozenset({"contact_activity_summaries", "contact_activity_events"}),
        unused=frozenset({"truncate"}),
        splits="common.delivery.split",
        no_ids=(None, {"an": "object"}, True),
        pace=("calls_per_minute", "calls_in_flight"),
        # few searches for the list that is read in windows, of which the last dated one ends before its oldest contacts
        brief=lambda source: {"batch_months": "32"},
        unlimited={"calls_per_minute": "100000"},
        unspoilt={
            "contacts.*": "comes as CSV, in which a fault cannot name a record",
            "*_daily_stats.*": "sums of a report, which have no ids",
            "imports.file_size_bytes": "the stand-in calls it size",
            "lists.included_segment_cache": "always null",
        },
        conversions=ONGAGE_CONVERSIONS,
        cursors=_ongage_cursors,
        damage=_ongage_damage,
        tables_of_ids=frozenset(
            {"lists", "collections", "account", "spans", "activity", "mirrors", "recent", "met", "fresh", "open_errors"}
        ),
    ),
    "everyaction": Facts(
        table="codes",
        entity="Code",
        pages=r"/v4/codes$",
        listing=r"/v4/codes$",
        secret="password",
        examples={"password": "{}|1"},
        sweep="full_refresh_days",
        dependent=frozenset({"codes", "code_supported_entities"}),
        field="dateCreated",
        column="date_created",
        id_field="codeId",
        small_entity="SupporterGroup",
        small_table="supporter_groups",
        setup_entity="ExportJob",
        advice="permission",
        admit=_everyaction_admits,
        workers=("fetch.PARALLEL_REQUESTS", "sync.PARALLEL_REQUESTS", "backfill.PARALLEL_REQUESTS"),
        page_sizes="fetch.PAGE_SIZES",
        out_of_reach=frozenset({"depth-cap"}),
        names_unreadable=False,
        carriers=frozenset({"Event", "Folder", "CustomField"}),
        # the lists come first, then the changes; a search for people asks for more than 250, and is saved as a whole in a source so small
        queries_of_a_sync=200,
        queries_of_a_later_sync=70,
        unused=frozenset({"truncate"}),
        splits="common.delivery.split",
        unlimited={"calls_per_second": "1000"},
        unspoilt={
            "contacts*.*": "comes as CSV, in which a fault cannot name a record",
            "contact_histories.*": "comes as CSV, too",
            "contributions.*": "comes as CSV, too",
            "contribution_adjustments.*": "comes as CSV, too",
            "recurring_contributions.*": "comes as CSV, too",
            "event_ticket_transactions_guests.*": "comes as CSV, too",
            "disbursements.*": "comes as CSV, too",
            "changed_entity_*.*": "bare arrays without ids",
            "saved_lists.folder_id": "comes from the folder that lists it",
        },
        conversions=EVERYACTION_CONVERSIONS,
        cursors=_everyaction_cursors,
        damage=_everyaction_damage,
        tables_of_ids=frozenset({"lists", "exports", "recent", "jobs", "open_errors"}),
    ),
    "sa360": Facts(
        table="assets",
        entity="Asset",
        pages=r"FROM asset( WHERE BETWEEN)?$",
        listing=r"FROM asset( WHERE BETWEEN)?$",
        secret="refresh_token",
        examples={
            "login_customer_id": "123-456-7890",
            "service_account_key": '{{"type": "service_account", "client_email": "{0}", "private_key": "{0}"}}',
        },
        sweep="full_refresh_days",
        dependent=frozenset({"assets"}),
        field="creationTime",
        column="creation_time",
        id_field="resourceName",
        small_entity="UserList",
        small_table="user_lists",
        small_id_field="resourceName",
        setup_entity="Campaign",
        advice="403",
        queries_of_a_sync=250,
        queries_of_a_later_sync=160,
        unsettling=frozenset({"cancel_client"}),
        tiny=5,
        learned=r'"width": \d+',
        essential=frozenset(
            {
                "customer_clients", "customers", "campaigns", "campaign_budgets", "keywords", "labels", "campaign_labels", "assets",
                "campaign_assets", "user_lists", "custom_columns", "language_constants", "customer_reports", "campaign_reports",
                "campaign_conversion_action_reports", "keyword_device_reports", "product_reports", "campaign_custom_column_values",
            }
        ),
        admit=lambda source, secret: setattr(source, "token", secret),
        workers=("fetch.PARALLEL_REQUESTS",),
        page_sizes="fetch.PAGE_SIZES",
        bounds={"fetch.HELD_ROWS": 200, "fetch.WINDOW_ROWS": 100},
        few=120,
        small_pages=(5, 1),
        leaks=("rows",),  # most of its replies are streams, which are never held
        portions="listings.ROWS_AT_ONCE",
        scope="customer_id",
        day="date",
        raw_id=str,
        no_ids=(None, {"an": "object"}, True),
        out_of_reach=frozenset({"depth-cap"}),
        carriers=frozenset({"CustomerClient", "CustomColumn"}),
        steering=frozenset(
            {
                *(f"CustomerClient.{name}" for name in ("id", "status", "manager", "timeZone", "currencyCode")),
                *(f"CustomColumn.{name}" for name in ("id", "name", "queryable")),
            }
        ),
        unused=frozenset({"truncate", "update"}),
        splits="models.row",
        pace=("calls_per_minute", "calls_in_flight"),
        unlimited={"calls_per_minute": "100000", "calls_in_flight": "100"},
        brief=_sa360_briefly,
        quiet_days=0.05,  # at NOON no account is near midnight
        much={"start_date": "2026-05-01"},
        prepare=lambda source, settings: setattr(source, "start_date", date.fromisoformat(settings["start_date"])),
        also_fits=frozenset({("a negative number", "decimal"), ("a fraction", "decimal")}),
        kind_of=lambda entity, record: str(record.get("type")) if entity == "AdGroupCriterion" else "",
        unspoilt={
            "*_reports.*": "sums of numbers, which have no ids",
            "*_values.*": "computed from such sums",
            **dict.fromkeys((f"{table}.currency_code" for table in SA360_GIVEN_CURRENCY), "comes from the account"),
            "customer_clients.currency_code": "decides of what rows are given",
            "customer_clients.id": "decides of which account is read",
            "customer_clients.status": "the same",
            "customer_clients.manager": "the same",
            "customer_clients.time_zone": "decides of what rows are given",
            "custom_columns.id": "decides of what is asked for",
            "custom_columns.name": "the same",
            "custom_columns.queryable": "the same",
            **dict.fromkeys(SA360_OF_RESOURCE_NAMES, "a part of the resource name, which is the key"),
            **dict.fromkeys(SA360_JOINED, "comes from another record"),
            **dict.fromkeys(SA360_OF_OTHER_CRITERIA, "a field of other kinds of criteria"),
            "keywords.type": "decides of the table",
            "product_groups.type": "the same",
            "campaigns.frequency_caps": "a message without fields",
        },
        conversions=SA360_CONVERSIONS,
        cursors=_sa360_cursors,
        damage=_sa360_damage,
        tables_of_ids=frozenset({"accounts", "listings", "reports", "constants_read_at", "open_errors"}),
    ),
}
