"""What came of each mailing: the facts that all reports are sums of, computed from the mailing.

A fact is about one day of one mailing, and one connection, provider, segment, country and link. On the day of sending there are
deliveries; opens and clicks go on for some weeks, with nothing sent. None is computed for the time after the stand-in was made, so that
the past does not change by itself while the clock goes on.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable, Iterator
from random import Random
from typing import cast

from sandbox.arithmetic import Record
from sandbox.ongage.account import Account
from sandbox.ongage.events import event_name
from sandbox.ongage.mailings import ENTITY, SENT, Mailings, mailing_record, planned_for
from sandbox.ongage.providers import CONNECTIONS, connection_id
from sandbox.ongage.scope import Scope
from sandbox.ongage.world import DAY, NEWEST, ListInfo, World, rng

Fact = Record

METRICS = (
    "targeted", "sent", "success", "failed", "hard_bounces", "soft_bounces", "opens", "unique_opens", "clicks", "unique_clicks",
    "unsubscribes", "complaints", "post_back_clicks",
)  # fmt: skip
ACTIVITY_DAYS = 45
_NOTHING = dict.fromkeys(METRICS, 0)
_ISPS = ((None, None), (1, "Gmail"), (2, "Yahoo \N{POSTAL HORN}"), (3, "Others"))
_COUNTRIES = ("US", "DE", "PE", "")
_LINKS = (
    "https://example.org/", "https://example.org/?q=caf\N{LATIN SMALL LETTER E WITH ACUTE}&x=1", "https://example.org/" + "long/" * 40,
    "mailto:help@example.org",
)  # fmt: skip


def day_of(seconds: int) -> int:
    """Return the midnight, in UTC, before an instant."""
    return seconds - seconds % DAY


def scope_of(mailings: Mailings) -> Scope:
    """Return the list that mailings are of."""
    if mailings.scope is None:
        raise ValueError("mailings of no list have no facts")
    return mailings.scope


def mailings_of(account: Account, place: ListInfo) -> Mailings:
    """Return a list's mailings, with their results."""
    return cast(Mailings, account.collection(ENTITY, place.id))


def all_facts(account: Account, places: Iterable[ListInfo], low: int | None = None, high: int | None = None) -> Iterator[Fact]:
    """Yield the facts of some lists, mailing by mailing; with bounds at least all from `low` on and before `high`, and few others."""
    for place in places:
        mailings = mailings_of(account, place)
        for sent in sent_mailings(mailings, low, high):
            yield from facts_of(mailings, sent)


def sent_mailings(mailings: Mailings, low: int | None, high: int | None) -> Iterator[Record]:
    """Yield the mailings that were sent, as they were then, by arithmetic: those deleted or edited since as well."""
    scope = scope_of(mailings)
    rows = range(mailings.layout.parents)
    times = _Times(scope, len(rows))
    first = 0 if low is None else bisect_left(times, low - (ACTIVITY_DAYS + 2) * DAY)
    last = len(rows) if high is None else bisect_left(times, high + DAY)
    for row in range(first, last):
        if mailings.layout.id_of(row) not in mailings.results.begun:
            record = mailing_record(scope, row)
            if record["status"] in SENT:
                yield record
    yield from list(mailings.results.begun.values())


class _Times:
    """The times that base mailings were planned for, for a search by bisection."""

    def __init__(self, scope: Scope, count: int) -> None:
        self._scope, self._count = scope, count

    def __len__(self) -> int:
        return self._count

    def __getitem__(self, row: int) -> int:
        return planned_for(self._scope, row)


def facts_of(mailings: Mailings, sent: Record) -> list[Fact]:
    """Return the facts of a mailing, given as it was when it was sent, with what changed since."""
    number, results = int(sent["id"]), mailings.results
    computed = _computed(scope_of(mailings), sent)
    kept = [fact for fact in computed if (number, day_of(fact["_at"])) not in results.gone]
    return kept + list(results.late.get(number, []))


def dimensions(scope: Scope, sent: Record) -> Record:
    """Return what all facts of a mailing have in common."""
    number, start = int(sent["id"]), int(sent["sending_start_date"])
    message = sent["email_message"][0]
    return (
        {"list_id": scope.place.id, "mailing_id": number, "mailing_name": sent["name"], "mailing_name_id": f"{sent['name']} ({number})"}
        | {"mailing_type": sent["type"], "split_type": sent["split_type"], "type": sent["type"], "mailing_instance_id": number * 10}
        | {"email_message_id": message["email_message_id"], "email_message_name": message["name"]}
        | {"email_message_subject": message["subject"], "email_message_type": message["type"]}
        | _event(scope, sent)
        | {"is_test_campaign": int(sent["is_test"]), "delivery_date": day_of(start), "delivery_timestamp": start}
        | {"schedule_date": int(sent["schedule_date"] or 0)}
        | _NOTHING
    )


def _event(scope: Scope, sent: Record) -> Record:
    if sent["type"] != "event":
        return {"event_id": None, "event_name": None}
    row = int(sent["id"]) % scope.counts["Event"]
    return {"event_id": scope.ids("Event").id_of(row), "event_name": event_name(scope, row)}


def _computed(scope: Scope, sent: Record) -> list[Fact]:
    random = rng(scope.world, "Fact", int(sent["id"]))
    common, start = dimensions(scope, sent), int(sent["sending_start_date"])
    facts = [common | part for part in _deliveries(random, sent, start)]
    days = sorted(random.sample(range(1, ACTIVITY_DAYS + 1), random.randrange(2, 7)))
    for after in (0, 1, *days):
        at = day_of(start) + after * DAY + random.randrange(DAY) if after else min(start + 1800, day_of(start) + DAY - 1)
        facts += [common | part for part in _activity(random, sent, at)]
    known_until = sent.get("_known_until", max(scope.started, start))
    return [fact for fact in facts if fact["_at"] <= known_until]


def late_facts(scope: Scope, sent: Record, at: int, salt: int) -> list[Fact]:
    """Return facts of opens and clicks that came in at an instant, other ones for each salt."""
    random = rng(scope.world, "Late", int(sent["id"]), salt)
    return [dimensions(scope, sent) | part for part in _activity(random, sent, at)]


def _deliveries(random: Random, sent: Record, start: int) -> Iterator[Record]:
    parts = random.randrange(3, 7)
    left = int(sent["targeted"])
    for part in range(parts):
        targeted = left if part == parts - 1 else random.randrange(left + 1)
        left -= targeted
        tried = targeted - targeted // 50
        hard, soft = random.randrange(tried // 40 + 1), random.randrange(tried // 40 + 1)
        opens = random.randrange(tried // 3 + 1)
        yield _where(random, sent) | {
            "_at": start,
            "link_url": None,
            "targeted": targeted,
            "sent": tried,
            "success": tried - hard - soft,
            "failed": hard + soft,
            "hard_bounces": hard,
            "soft_bounces": soft,
            "opens": opens,
            "unique_opens": opens * 2 // 3,
            "unsubscribes": random.randrange(tried // 500 + 1),
            "complaints": random.randrange(tried // 2000 + 1),
        }


def _activity(random: Random, sent: Record, at: int) -> list[Record]:
    """Return the opens, and sometimes the clicks on one link, of a day on which nothing is sent."""
    opens = random.randrange(1, 90)
    found = [_where(random, sent) | {"_at": at, "link_url": None, "opens": opens, "unique_opens": (opens + 1) // 2}]
    if random.random() < 0.5:
        clicks = random.randrange(1, 40)
        link = {"link_url": random.choice(_LINKS), "clicks": clicks, "unique_clicks": (clicks + 1) // 2}
        found.append(_where(random, sent) | {"_at": at, "post_back_clicks": clicks // 9, "unsubscribes": clicks // 30} | link)
    return found


def _where(random: Random, sent: Record) -> Record:
    """Return through whom and to whom: a connection, a provider, a segment and a country, some of them unknown."""
    share = random.choice(sent["distribution"])
    row = next(row for row in range(len(CONNECTIONS)) if connection_id(row) == int(share["esp_connection_id"]))
    connection, (isp, isp_name) = CONNECTIONS[row], random.choice(_ISPS)
    segment = random.choice((*sent["segments"], {"segment_id": None, "name": None}))
    return (
        {"esp_connection_id": connection_id(row), "esp_connection_title": connection.name, "esp_name": connection.esp_name}
        | {"esp_name_title": f"{connection.esp_name} - {connection.name}", "isp_id": isp, "isp_name": isp_name}
        | {"isp_name_or_others": isp_name or "Others", "segment_id": segment["segment_id"], "segment_name": segment["name"]}
        | {"country_iso": random.choice(_COUNTRIES)}
    )


# --- growth of lists -----------------------------------------------------------------------------------------------

GROWTH = ("active", "not_active", "complaints", "unsubscribes", "bounces", "opened", "clicked", "no_activity")
_DAILY = 40
_MONDAY = 4 * DAY  # the first Monday after the epoch began: 1970-01-05


def growth(world: World, place: ListInfo, started: int) -> Iterator[Record]:
    """Yield a list's growth: a row for every fourth Monday of the base data, and for each of the 40 days before the start."""
    for day in growth_days(place, started):
        random = rng(world, "Growth", place.id, day)
        contacts = place.contacts
        counts = {name: random.randrange(contacts // 20 + 1) for name in GROWTH}
        yield {"list_id": place.id, "record_date": day} | counts | {"active": contacts - counts["not_active"]}


def growth_days(place: ListInfo, started: int) -> list[int]:
    """Return the midnights for which a list has growth."""
    first = day_of(place.created) + DAY
    monday = first + (_MONDAY - first) % (7 * DAY)
    today = day_of(started)
    days = {*range(monday, min(NEWEST, today), 28 * DAY), *range(max(today - _DAILY * DAY, first), today, DAY)}
    return sorted(days)
