"""Lists and their fields. Ids and times are ints here, and truth values are true and false."""

from __future__ import annotations

from functools import partial

from sandbox.arithmetic import Layout, Record
from sandbox.collection import Collection
from sandbox.messages import Reply, Request
from sandbox.ongage import contacts
from sandbox.ongage.account import WHOLE_ACCOUNT, Account
from sandbox.ongage.envelope import Route, collection_page, found, not_found, public
from sandbox.ongage.world import ACCOUNT_ID, DAY, NEWEST, FieldInfo, ListInfo, World, rng

ENTITY, FIELD = "List", "ListField"
_HTML = "<p>You are <b>out</b>.\nReally \N{WAVING HAND SIGN}</p>"


def list_record(world: World, index: int) -> Record:
    """Return a list as the account's list of lists tells of it."""
    place, random = world.lists[index], rng(world, ENTITY, index)
    modified = random.randrange(place.created, NEWEST - DAY)
    seen = random.randrange(place.created, NEWEST)
    suppression = not place.sending
    return {
        "id": place.id, "name": place.name, "description": random.choice(("", "For \"friends\", and others", None)), "type": place.type,
        "notification_email": random.choice((None, "ops@example.org")), "hash_type": "md5" if suppression else "",
        "last_count": place.claimed_count, "last_active_count": place.claimed_count * 9 // 10, "unsubscribes": place.claimed_count // 20,
        "complaints": place.claimed_count // 900, "bounces": place.claimed_count // 25, "unsubscribe_default_link": index % 2 == 0,
        "last_stats_date": seen if place.sending else None, "last_events_stats_date": None if index % 2 else seen + 60,
        "last_transactional_stats_date": None, "unsubscribe_success_html": _HTML if index == 0 else None,
        "unsubscribe_confirmation_html": None, "unsubscribe_confirmation_button": "Yes, please", "unsubscribe_redirect_url": None,
        "frequencies": [] if index % 2 else None, "frequency_active": False, "frequency_html": None, "frequency_button": "",
        "frequency_field_id": None, "external_url_wrapper": "", "expiration_date": 0, "scope": "global" if suppression else None,
        "default_transactional_id": 5_500_012 + index, "welcome_email_id": 400_000_003 if index == 0 else None,
        "welcome_email_active": index == 0, "welcome_email_esp_connection_id": None, "welcome_sms_id": None, "welcome_sms_active": False,
        "welcome_sms_connection_id": None, "welcome_sms_per_segment": None,
        "allowed_provider_connection_ids": [1, 7] if index == 1 else None,
        "public_key": None, "image_host_base": None, "tracking_domain": "click.example.org" if index < 2 else None, "sms_field_id": None,
        "modified_counts": index * 3, "archive": place.archived, "segment_welcome_emails": None, "included_segment_cache": [],
        "excluded_segment_cache": None, "header_template_id": None, "footer_template_id": None if index else 400_000_010,
        "cke_keep_spaces_empty_blocks": index == 2, "preprocess_minutes": 15 if index == 0 else None, "imports_concurrent_limit": 2,
        "demo_list_step": "", "link_query_params": {"utm_source": "ongage", "utm_campaign": "{{mailing}}"} if index == 0 else None,
        "account_id": ACCOUNT_ID, "created": place.created, "modified": modified, "deleted": None, "default": index == 0,
    }  # fmt: skip


def field_record(world: World, place: ListInfo, ids: Layout, row: int) -> Record:
    """Return a field of a list; one beyond those that a list began with is a text."""
    each = place.fields[row] if row < len(place.fields) else FieldInfo(f"extra_{row}")
    random = rng(world, FIELD, place.id, row)
    created = min(place.created + row * 60, NEWEST - 2 * DAY)
    return {
        "id": ids.id_of(row), "account_id": ACCOUNT_ID, "list_id": place.id, "name": each.name,
        "title": each.name.replace("_", " ").title(),
        "type": each.type, "format": each.format, "default": random.choice((None, "", "n/a, really")), "mandatory": row == 0,
        "position": row + 1, "created": created, "modified": random.randrange(created, NEWEST - DAY), "deleted": None,
        "is_sms": each.name == "phone",
    }  # fmt: skip


class _ListIds:
    """The ids of the lists: they are those of the world."""

    def __init__(self, world: World) -> None:
        self._ids = [each.id for each in world.lists]
        self.parents = self.count = len(self._ids)

    def id_of(self, index: int) -> int:
        return self._ids[index]

    def index_of(self, number: int) -> int | None:
        return self._ids.index(number) if number in self._ids else None

    def below(self, number: int) -> int:
        return sum(each < number for each in self._ids)

    def beyond(self, row: int) -> int:
        return self._ids[-1] + 1 + row


def collections(world: World) -> dict[str, dict[int, Collection]]:
    """Return the lists of the account, and the fields of each."""
    fields = {}
    for place in world.lists:
        ids = world.ids(FIELD, place, len(place.fields))
        fields[place.id] = Collection(FIELD, ids, partial(field_record, world, place, ids))
    return {ENTITY: {WHOLE_ACCOUNT: Collection(ENTITY, _ListIds(world), partial(list_record, world))}, FIELD: fields}


def fields_of(account: Account, place: ListInfo) -> tuple[FieldInfo, ...]:
    """Return the fields that a list has now; the address is the first."""
    records = account.collection(FIELD, place.id).records()
    return tuple(FieldInfo(record["name"], record["type"], record["format"]) for record in records)


# --- the endpoints -------------------------------------------------------------------------------------------------


def _lists(account: Account, request: Request, _: ListInfo) -> Reply:
    name, kind = request.parameter("name"), request.parameter("type")

    def wanted(record: Record) -> bool:
        return (not name or name.lower() in record["name"].lower()) and kind in {None, "", record["type"]}

    return collection_page(request, account.collection(ENTITY), where=wanted if name or kind else None)


def _list(account: Account, _: Request, __: ListInfo, number: str) -> Reply:
    record = account.collection(ENTITY).get(int(number))
    if record is None or not account.world.by_id[int(number)].readable:
        return not_found("List")
    return found({key: value for key, value in public(record).items() if key != "default"}, entity=ENTITY, detailed=True)


def _fields(account: Account, request: Request, place: ListInfo) -> Reply:
    return collection_page(request, account.collection(FIELD, place.id))


def shown(account: Account, place: ListInfo, record: Record) -> Record:
    """Return a contact as it is asked for by its id: with all the fields that its list has now, and no others."""
    names = [each.name for each in fields_of(account, place)]
    return {name: record.get(name) for name in [*names, *(name for name in contacts.SYSTEM if name != "email")]}


def _contact_by_id(account: Account, _: Request, place: ListInfo, text: str) -> Reply:
    record = account.collection(contacts.ENTITY, place.id).get(contacts.number_of_id(text)) if place.sending else None
    return not_found("Contact") if record is None else found(shown(account, place, record), entity=contacts.ENTITY, detailed=True)


def _contact_by_email(account: Account, _: Request, place: ListInfo, email: str) -> Reply:
    record = contacts.by_email(account.collection(contacts.ENTITY, place.id), email) if place.sending else None
    return not_found("Contact") if record is None else found(shown(account, place, record), entity=contacts.ENTITY, detailed=True)


ROUTES: tuple[Route, ...] = (
    Route("GET", "lists", ENTITY, _lists, whole_account=True),
    Route("GET", r"lists/(\d+)", ENTITY, _list, whole_account=True),
    Route("GET", "list_fields", FIELD, _fields),
    Route("GET", r"contacts/by_id/([^/]+)", contacts.ENTITY, _contact_by_id),
    Route("GET", r"contacts/by_email/([^/]+)", contacts.ENTITY, _contact_by_email),
)
