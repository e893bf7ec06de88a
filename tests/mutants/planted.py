"""The planted faults: small mistakes that somebody could make in a connector or in the deploy, each with the test that must notice.

`make mutants` plants them one at a time in a copy. A text must be short enough to survive other changes, and occur once. Where a fault no
longer fits the code, write it anew for the code of today: it stands for a mistake, not for a line.
"""

from __future__ import annotations

from tests.mutants.running import Fault

ROWS, FAULTY, SECRETS, STATE = (f"tests/contract/test_{name}.py::test_" for name in ("rows", "faults", "secrets", "state"))
MEMORY, MISTAKES, DECLARED = (f"tests/contract/test_{name}.py::test_" for name in ("memory", "mistakes", "declarations"))
RESUME, MOVING, LIES = (f"tests/contract/test_{name}.py::test_" for name in ("resume", "moving", "lies"))
CONVERSIONS = "tests/contract/test_conversions.py::test_"
STOPPED = f"{RESUME}04_stopped_at_every_operation"
BETWEEN_PAGES = f"{MOVING}05_rows_that_come_or_go_between_two_pages"
LYING_PAGES = f"{LIES}08_pages_that_are_not_what_was_asked_for"
MISREAD = f"{LIES}07_filters_that_are_read_in_another_way"
MANGLED = f"{CONVERSIONS}16_what_is_easily_mangled"
DEPLOYED, CHANGED = "tests/deploy/test_deploy.py::test_", "tests/deploy/test_changed_connectors.py::test_"
RESUMED = f"{MOVING}06_rows_that_change_between_a_crash_and_its_resumption"
AGAIN = f"{RESUME}04_a_sync_killed_again_and_again_gets_to_the_end"
ODD_DAYS = "tests/sa360/test_days.py::test_"
NARROW = f"{ROWS}15_a_narrow_record_changes_what_it_tells_and_blanks_nothing"

COMMON = (
    # --- asking ---
    Fault(
        "no-time-out",
        "common/requests.py",
        "timeout = (CONNECT_SECONDS, read_seconds or READ_SECONDS)",
        "timeout = None",
        (f"{FAULTY}11_a_hanging_reply_is_given_up",),
    ),
    Fault(
        "unauthorized-retried",
        "common/requests.py",
        "HTTPStatus.UNAUTHORIZED: Unauthorized",
        "HTTPStatus.UNAUTHORIZED: Unavailable",
        (f"{FAULTY}09_a_refused_credential_ends_in_one_sentence_after_a_handful_of_calls",),
    ),
    Fault(
        "forbidden-table-fails-the-sync",
        "common/requests.py",
        "HTTPStatus.FORBIDDEN: Forbidden",
        "HTTPStatus.FORBIDDEN: Rejected",
        (f"{FAULTY}09_one_forbidden_table_is_named_and_the_rest_is_complete",),
    ),
    Fault(
        "server-error-not-retried",
        "common/requests.py",
        "if status >= HTTPStatus.INTERNAL_SERVER_ERROR or status in RETRIED:",
        "if status in RETRIED:",
        (f"{FAULTY}11_a_passing_outage_leaves_no_trace",),
    ),
    Fault(
        "retry-after-ignored",
        "common/budget.py",
        "max(self._closed_until, self._clock.time() + seconds)",
        "self._closed_until",
        (f"{FAULTY}10_retry_after_is_obeyed_by_every_thread",),
    ),
    Fault(
        "retry-after-date-not-read",
        "common/requests.py",
        "moment = parsedate_to_datetime(value)",
        "return None",
        (f"{FAULTY}10_retry_after_is_obeyed_by_every_thread",),
    ),
    Fault(
        "reserve-ignored",
        "common/budget.py",
        "if quota.remaining - self._in_flight > reserve:",
        "if quota.remaining - self._in_flight > 0:",
        (f"{FAULTY}10_a_spent_window_is_waited_for_and_a_reserve_is_left",),
    ),
    Fault(
        "pauses-do-not-grow",
        "common/retrying.py",
        "return max(0.0, self._backoff(state) - told)",
        "return FIRST_WAIT_SECONDS",
        (f"{FAULTY}10_a_429_without_a_time_is_met_with_growing_pauses",),
    ),
    Fault(
        "retry-without-limit",
        "common/retrying.py",
        "return self._unavailable >= self._allowed or self._limited >= RATE_LIMIT_ATTEMPTS",
        "return False",
        (f"{FAULTY}11_a_source_that_is_down_from_the_start",),
        endless=True,
    ),
    Fault(
        "replies-kept",
        "common/requests.py",
        "return self._parse(reply)",
        'vars(self).setdefault("kept", []).append(reply)\n        return self._parse(reply)',
        (f"{MEMORY}17_ten_times_the_rows_take_the_same_memory",),
    ),
    # --- handing over ---
    Fault(
        "checkpoint-missing",
        "common/warehouse.py",
        "if if_due and not late and self._pending < CHECKPOINT_ROWS:",
        "if if_due:",
        (f"{MEMORY}17_ten_times_the_rows_take_the_same_memory",),
    ),
    Fault(
        "rows-not-deleted",
        "common/warehouse.py",
        "self._op.delete(table=table, keys=dict(key))",
        "pass",
        (f"{ROWS}03_changes_of_every_kind_arrive",),
    ),
    Fault(
        "table-not-emptied-before-it-is-replaced",
        "common/warehouse.py",
        "self._op.truncate(table=table)",
        "pass",
        (f"{ROWS}03_changes_of_every_kind_arrive",),
    ),
    Fault(
        "warning-dropped",
        "common/warehouse.py",
        "self._op.warning(message)",
        "pass",
        (f"{FAULTY}09_one_forbidden_table_is_named_and_the_rest_is_complete",),
    ),
    # --- converting ---
    Fault(
        "float-for-money",
        "common/tables.py",
        'return format(rounded, "f")',
        "return float(rounded)",
        (f"{ROWS}01_a_first_sync_equals_the_source",),
    ),
    Fault(
        "cell-error-not-noted",
        "common/tables.py",
        "notes.problems.append(CellProblem(self.name, name, str(error)))",
        "pass",
        (f"{FAULTY}13_a_cell_of_the_wrong_type_is_null_and_named_and_comes_when_it_is_mended",),
    ),
    Fault(
        "too-many-errors-tolerated",
        "common/errors.py",
        "if number >= MAX_OPEN_PER_TABLE:",
        "if False:",
        (f"{FAULTY}12_too_many_open_errors_fail_the_sync",),
    ),
    # --- what is said ---
    Fault(
        "header-in-a-message",
        "common/requests.py",
        'return f"{reply.request.method} {self._url(reply)}"',
        'return f"{reply.request.method} {self._url(reply)} {reply.request.headers}"',
        (f"{SECRETS}19_no_canary_in_logs_errors_exceptions_or_state",),
    ),
    Fault(
        "body-in-a-message",
        "common/requests.py",
        'about = f"{self._asked(reply)} answered {status}"',
        'about = f"{self._asked(reply)} answered {status}: {reply.text}"',
        (f"{SECRETS}19_no_canary_in_logs_errors_exceptions_or_state",),
    ),
    Fault(
        "value-in-an-error",
        "common/tables.py",
        'return f"a text of {len(value)} characters"',
        'return f"the text {value}"',
        (f"{SECRETS}19_no_canary_in_logs_errors_exceptions_or_state",),
    ),
    Fault(
        "text-of-an-unexpected-error-kept",
        "common/failures.py",
        "unexpected {type(error).__name__} at",
        "unexpected {error!r} at",
        (f"{SECRETS}19_an_error_of_our_own_shows_its_place_and_no_value",),
    ),
    Fault(
        "public-host-without-tls",
        "common/settings.py",
        'if parts.scheme == "http" and not _is_loopback(parts.hostname):',
        "if False:",
        (f"{MISTAKES}a_public_host_without_tls",),
    ),
    Fault(
        "secret-shown-in-the-form",
        "common/form.py",
        "form_field.TextField.password if setting.secret else",
        "form_field.TextField.plain_text if setting.secret else",
        (f"{DECLARED}21_the_form_has_a_field_for_every_setting",),
    ),
    # --- what is stored ---
    Fault(
        "state-of-another-version-accepted",
        "common/state.py",
        "if state and stored != version:",
        "if False:",
        (f"{STATE}20_a_malformed_state_is_refused_by_name_before_any_row",),
    ),
    Fault(
        "state-of-the-wrong-kind-accepted",
        "common/state.py",
        "if not isinstance(value, kind) or isinstance(value, bool) != (kind is bool):",
        "if False:",
        (f"{STATE}20_a_malformed_state_is_refused_by_name_before_any_row",),
    ),
    # --- conversions and states ---
    Fault(
        "naive-time-taken-for-local",
        "common/tables.py",
        'datetime.fromisoformat(value + "+00:00")',
        "datetime.fromisoformat(value).astimezone()",
        (MANGLED,),
    ),
    Fault(
        "offset-dropped",
        "common/tables.py",
        "else moment.astimezone(timezone.utc)",
        "else moment.replace(tzinfo=timezone.utc)",
        (MANGLED,),
    ),
    Fault(
        "fractions-read-as-floats",
        "common/requests.py",
        "        return Decimal(text)\n",
        "        return Decimal(float(text))\n",
        (MANGLED,),
    ),
    Fault(
        "lone-surrogate-ends-the-sync",
        "common/tables.py",
        'raise ConversionError("text without lone surrogates", value) from error',
        "raise",
        (f"{CONVERSIONS}13_a_cell_of_the_wrong_type_in_every_column",),
    ),
    Fault(
        "key-unchecked",
        "common/splitting.py",
        "    if record_id is None:\n",
        "    if False:\n",
        (f"{FAULTY}13_a_record_of_a_small_table_without_its_key",),
    ),
    Fault(
        "absent-list-taken-for-empty",
        "common/splitting.py",
        "            walk.leave_out(child)\n",
        "            pass\n",
        (NARROW,),
    ),
    Fault(
        "absent-part-of-the-state-taken-for-empty",
        "common/state.py",
        "    if value is REQUIRED:\n",
        "    if value is REQUIRED and kind is dict:\n"
        '        return {"children": [], "blocks": []} if name == "delivered" else {}\n'
        "    if value is REQUIRED:\n",
        (f"{STATE}20_no_damage_of_a_state_is_ever_misread", f"{STATE}20_damage_that_was_once_misread"),
    ),
)

VIRTUOUS = (
    Fault(
        "failure-swallowed",
        "virtuous/sync.py",
        "self.incomplete[table] = str(failure)",
        "pass",
        (f"{FAULTY}11_an_outage_that_lasts_fails_the_sync_and_moves_no_cursor",),
    ),
    Fault(
        "operation-from-a-thread",
        "virtuous/sync.py",
        "self._attempt(entity.table, partial(self._sync_entity, entity))",
        "self.executor.submit(self._attempt, entity.table, partial(self._sync_entity, entity)).result()",
        (f"{ROWS}01_a_first_sync_equals_the_source",),
    ),
    Fault(
        "merged-not-read-again",
        "virtuous/sync.py",
        "            self._reread_merged(entity, names)",
        "            pass",
        (f"{ROWS}03_changes_of_every_kind_arrive",),
    ),
    Fault(
        "open-errors-not-tried-again",
        "virtuous/sync.py",
        "        self._retry_open(entity, names)\n",
        "",
        (f"{FAULTY}12_a_poisoned_record_is_named_tried_again_and_resolved",),
    ),
    Fault(
        "cursor-of-the-future-believed",
        "virtuous/sync.py",
        "return min(entry.modified_since, self.now.date()) - plan.OVERLAP",
        "return entry.modified_since - plan.OVERLAP",
        (f"{STATE}20_cursors_in_the_far_future_harm_nothing",),
    ),
    Fault(
        "row-at-a-page-edge-lost",
        "virtuous/fetch.py",
        "fresh = slice(1 if overlaps else 0, None)",
        "fresh = slice(2 if overlaps else 0, None)",
        (f"{FAULTY}11_pages_above_a_size_that_time_out_are_asked_for_in_smaller_ones",),
    ),
    Fault(
        "truth-value-taken-for-a-key",
        "virtuous/plan.py",
        "return value if type(value) is int else None",
        "return value if isinstance(value, int) else None",
        (f"{FAULTY}13_a_record_without_its_key_is_no_operation_but_an_error",),
    ),
    Fault(
        "rows-of-a-shorter-list-stay",
        "virtuous/delivery.py",
        "self._delete_positions(entity, table, surplus)",
        "pass",
        (f"{ROWS}03_changes_of_every_kind_arrive",),
    ),
    Fault(
        "unchanged-table-written-again",
        "virtuous/delivery.py",
        "if self._state.digests.get(table) == digest:",
        "if False:",
        (f"{ROWS}02_a_sync_without_changes_asks_next_to_nothing_and_touches_no_row",),
    ),
    Fault(
        "archived-left-out",
        "virtuous/api.py",
        'body["includeArchived"] = include_archived',
        'body["includeArchived"] = False',
        (f"{ROWS}01_a_first_sync_equals_the_source",),
    ),
    # --- resuming, and a source that moves or lies ---
    Fault(
        "cursor-before-rows",
        "virtuous/sync.py",
        "                self._deliver(entity, some)\n",
        "                entry.cursor = entry.cursor.advanced(batch.last_id, 0)\n"
        "                self.warehouse.checkpoint()\n"
        "                self._deliver(entity, some)\n",
        (STOPPED,),
    ),
    Fault(
        "digest-before-rows",
        "virtuous/delivery.py",
        "        self._warehouse.replace(rows)\n",
        "        self._state.digests[table] = digest\n"
        "        self._warehouse.checkpoint()\n"
        "        self._warehouse.replace(rows)\n",
        (STOPPED,),
    ),
    Fault(
        "sweep-noted-before-its-deletes",
        "virtuous/sync.py",
        '        self.progress.begin(entity.table, "looking for deleted records")\n',
        "        entry.swept_at = self.now\n"
        "        self.warehouse.checkpoint()\n"
        '        self.progress.begin(entity.table, "looking for deleted records")\n',
        (f"{STOPPED}[virtuous-sweep]",),
    ),
    Fault(
        "offset-kept-across-a-write",
        "virtuous/fetch.py",
        "        if overlaps and (not ids or ids[0] != last_id):\n",
        "        if False:\n",
        (BETWEEN_PAGES,),
    ),
    Fault(
        "window-without-overlap",
        "virtuous/plan.py",
        "OVERLAP = timedelta(days=2)",
        "OVERLAP = timedelta(days=0)",
        (f"{MOVING}06_rows_that_are_edited_in_a_sync_that_lasts_for_days", MISREAD),
    ),
    Fault(
        "window-from-the-end-of-the-sync",
        "virtuous/cursors.py",
        "        self.modified_since = started\n",
        "        self.modified_since = now.date()\n",
        (f"{MOVING}05_rows_that_come_or_go_between_a_crash_and_its_resumption",),
    ),
    Fault(
        "silent-cap-taken-for-the-end",
        "virtuous/fetch.py",
        "finished = not records or (seen >= total and len(records) < request.take)",
        "finished = not records or len(records) < request.take",
        (LYING_PAGES,),
    ),
    Fault(
        "missing-not-asked-for-again",
        "virtuous/sync.py",
        "return sorted(set(gone) - self.reading.existing(entity, names.id, gone))",
        "return sorted(gone)",
        (f"{FAULTY}14_a_listing_that_lacks_a_few_records_and_adds_up_deletes_nothing",),
    ),
    Fault(
        "narrow-record-blanks",
        "virtuous/delivery.py",
        " if not split.untold or number not in before]",
        "]",
        (NARROW,),
    ),
    Fault(
        "cured-error-forgets-what-it-was",
        "virtuous/delivery.py",
        'self._warehouse.update("errors",',
        'self._warehouse.upsert("errors",',
        (f"{FAULTY}12_a_poisoned_record_is_named_tried_again_and_resolved",),
    ),
)

ONGAGE = (
    # --- contacts ---
    Fault(
        "window-struck-off-before-it-is-read",
        "ongage/contacts.py",
        "            self._export(info, entry, window)\n"
        "        except JobFailed as failure:\n"
        "            self._retry(info, entry, window, str(failure))\n"
        "            return\n"
        "        entry.windows.pop(0)\n",
        "            entry.windows.pop(0)\n"
        "            self._delivery.checkpoint()\n"
        "            self._export(info, entry, window)\n"
        "        except JobFailed as failure:\n"
        "            self._retry(info, entry, window, str(failure))\n"
        "            return\n",
        (f"{STOPPED}[ongage-first]",),
    ),
    Fault(
        "edits-without-a-date-not-seen",
        "common/sketch.py",
        "self._sums.add(number << CHECKSUM_BITS | checksum, times)",
        "self._sums.add(number << CHECKSUM_BITS, times)",
        (f"{ROWS}03_changes_of_every_kind_arrive[ongage]",),
    ),
    Fault(
        "contacts-that-are-gone-stay",
        "ongage/contacts.py",
        "        self._delivery.delete_contacts(info.id, [contact for contact in gone if contact not in kept])\n",
        "",
        (f"{ROWS}03_changes_of_every_kind_arrive[ongage]",),
    ),
    Fault(
        "oldest-contacts-left-out",
        "ongage/plan.py",
        "return [*windows, Window(CREATED, None, int(end.timestamp()))]",
        "return windows",
        (f"{ROWS}01_a_first_sync_equals_the_source[ongage]",),
    ),
    Fault(
        "suppression-lists-searched",
        "ongage/sync.py",
        'if record.get("type") != "suppression" and not',
        "if not",
        (f"{ROWS}01_a_first_sync_equals_the_source[ongage]",),
    ),
    # --- collections ---
    Fault(
        "records-compared-by-id-only",
        "common/listings.py",
        "known[number][at] != sum_of(record)\n",
        "False\n",
        (f"{ROWS}03_changes_of_every_kind_arrive[ongage]",),
    ),
    Fault(
        "unlisted-records-not-asked-for",
        "common/listings.py",
        "return [number for number, reply in told.items() if isinstance(reply, NotFound)]",
        "return list(missing)",
        (f"{FAULTY}14_a_listing_that_lacks_a_few_records_and_adds_up_deletes_nothing[ongage]",),
    ),
    Fault(
        "listing-shorter-than-announced-believed",
        "common/listing.py",
        "if (stood_still and this.totals in ({this.found}, {None})) or",
        "if stood_still or",
        (f"{LIES}08_what_is_out_of_reach_fails_the_sync_and_nothing_is_taken_for_gone[ongage-depth-cap]",),
    ),
    Fault(
        "keys-that-are-missing-taken-for-empty",
        "common/delivery.py",
        "missing = set(keys) - whole.keys()",
        "missing = set[str]()",
        (f"{NARROW}[ongage]",),
    ),
    Fault(
        "cured-records-stay-among-the-errors",
        "common/listings.py",
        "        self.delivery.resolve(place.root)\n",
        "",
        (f"{FAULTY}12_a_poisoned_record_is_named_tried_again_and_resolved[ongage]",),
    ),
    # --- statistics ---
    Fault(
        "rows-of-statistics-never-deleted",
        "ongage/spans.py",
        "delivery.delete(table, (_key(table, text) for text in sorted(gone - still_there)))",
        "pass",
        (f"{ROWS}03_changes_of_every_kind_arrive[ongage]",),
    ),
    Fault(
        "only-this-month-read-again",
        "ongage/reports.py",
        "Span(start, Span.of_month(today).last).months()",
        "Span.of_month(today).months()",
        (f"{ROWS}03_changes_of_every_kind_arrive[ongage]",),
    ),
    # --- converting ---
    Fault(
        "zero-taken-for-a-date",
        "ongage/models.py",
        "return EPOCH + timedelta(seconds=seconds) if seconds else None",
        "return EPOCH + timedelta(seconds=seconds)",
        (f"{ROWS}01_a_first_sync_equals_the_source[ongage]",),
    ),
    Fault(
        "text-of-zero-taken-for-true",
        "ongage/models.py",
        '"0": False, "1": True',
        '"0": True, "1": True',
        (f"{ROWS}01_a_first_sync_equals_the_source[ongage]",),
    ),
    # --- asking ---
    Fault(
        "part-that-failed-not-told",
        "ongage/sync.py",
        "self.incomplete[name] = str(failure)",
        "pass",
        (f"{FAULTY}11_an_outage_that_lasts_fails_the_sync_and_moves_no_cursor[ongage]",),
    ),
    Fault(
        "refused-login-asked-with-again",
        "ongage/sync.py",
        "        except Unauthorized:\n            raise\n",
        "",
        (f"{FAULTY}09_a_credential_that_is_revoked_half_way_stops_the_sync[ongage]",),
    ),
    Fault(
        "pause-too-short",
        "ongage/sync.py",
        "PAUSE_SECONDS = 60.0",
        "PAUSE_SECONDS = 6.0",
        (f"{FAULTY}10_a_429_without_a_time_means_a_minute_to_every_thread_and_then_more[ongage]",),
    ),
    Fault(
        "calls-a-minute-not-counted",
        "common/budget.py",
        "self._sent_at.append(now)",
        "pass",
        (f"{FAULTY}10_the_clients_own_limits_are_kept[ongage]",),
    ),
    Fault(
        "calls-at-once-not-counted",
        "common/budget.py",
        "threading.BoundedSemaphore(pace.in_flight) if pace else None",
        "None",
        (f"{FAULTY}10_the_clients_own_limits_are_kept[ongage]",),
    ),
    Fault(
        "second-smallest-page-taken-for-the-smallest",
        "common/paging.py",
        "return self._step == len(self._sizes) - 1",
        "return self._step >= len(self._sizes) - 2",
        (f"{FAULTY}12_a_poisoned_record_is_named_tried_again_and_resolved[ongage]",),
    ),
)

EVERYACTION = (
    Fault(
        "changed-while-searched-for-forgotten",
        "everyaction/backfill.py",
        "entry.ids.put(dict.fromkeys(delivered.people, ()))",
        "pass",
        (f"{MOVING}06_rows_that_are_edited_while_they_are_read",),
    ),
    Fault(
        "exports-of-before-behind-the-changes",
        "everyaction/sync.py",
        "self._attempt(PAST, partial(self.backfill.finish_exports, account.resources))",
        "pass",
        (f"{MOVING}06_rows_that_change_between_a_crash_and_its_resumption",),
    ),
    Fault(
        "deleted-rows-taken-for-live-ones",
        "everyaction/models.py",
        'return bool(self._change and record.get(self._change) in self._resource.change_types)',
        "return False",
        (f"{ROWS}03_changes_of_every_kind_arrive",),
    ),
    Fault(
        "inactive-rows-not-asked-for",
        "everyaction/exports.py",
        '"includeInactive": True,',
        '"includeInactive": False,',
        (f"{ROWS}03_changes_of_every_kind_arrive",),
    ),
    Fault(
        "signups-of-lost-events-stay",
        "everyaction/signups.py",
        "self._delete(self._by_event.get(event, []))",
        "self._delete([])",
        (f"{ROWS}03_changes_of_every_kind_arrive",),
    ),
)

SA360 = (
    # --- listings ---
    Fault(
        "listing-noted-before-its-rows",
        "sa360/listings.py",
        "        again(self._context, lambda: deliver(self._context, unit, chosen()))\n",
        "        holding.buckets = buckets_for(reading.seen.rows)\n"
        "        holding.hold(reading.seen)\n"
        "        self._delivery.checkpoint()\n"
        "        again(self._context, lambda: deliver(self._context, unit, chosen()))\n",
        (f"{AGAIN}[sa360-first]", f"{RESUMED}[sa360-2]", f"{RESUMED}[sa360-6]"),
    ),
    Fault(
        "unlisted-rows-not-asked-for",
        "sa360/listings.py",
        "self._context.wait(self._context.executor.submit(self._present, unit, gone))",
        "set()",
        (f"{FAULTY}14_a_listing_that_lacks_a_few_records_and_adds_up_deletes_nothing[sa360]",),
    ),
    Fault(
        "unlisted-rows-stay",
        "sa360/listings.py",
        "(unit.key_of(key) for key in sorted(gone - still_there))",
        "()",
        (f"{ROWS}03_changes_of_every_kind_arrive[sa360]",),
    ),
    Fault(
        "rows-compared-by-key-only",
        "sa360/units.py",
        "cells_sum(row.values())",
        "cells_sum([key])",
        (f"{ROWS}03_changes_of_every_kind_arrive[sa360]",),
    ),
    Fault(
        "next-page-not-asked-for",
        "sa360/reading.py",
        "            if not page.next_token:\n                return\n",
        "            return\n",
        (f"{LYING_PAGES}[sa360-out-of-order]", f"{BETWEEN_PAGES}[sa360-deletes-between-pages-1]"),
    ),
    Fault(
        "rows-not-counted",
        "sa360/reading.py",
        "if totals != {None} and reading.number not in totals:",
        "if False:",
        (f"{LYING_PAGES}[sa360-silent-cap]",),
    ),
    Fault(
        "page-that-repeats-the-one-before-believed",
        "sa360/reading.py",
        "            if keys & before:\n",
        "            if False:\n",
        ("tests/sa360/test_reading.py::test_pages_in_disorder_are_refused",),
    ),
    Fault(
        "unreadable-row-not-filed",
        "sa360/reading.py",
        "reading.errors.append(unreadable(unit, first, query, problem))",
        "pass",
        (f"{FAULTY}12_a_poisoned_record_is_named_tried_again_and_resolved[sa360]",),
    ),
    # --- accounts ---
    Fault(
        "managers-below-not-asked",
        "sa360/accounts.py",
        "        due.append(account)\n",
        "        pass\n",
        (f"{ROWS}01_a_first_sync_equals_the_source[sa360]",),
    ),
    Fault(
        "forbidden-account-stops-all",
        "sa360/failing.py",
        "            self.forbidden[unit.source.name].append(unit.account.id)\n",
        "            raise\n",
        (f"{FAULTY}09_one_forbidden_table_is_named_and_the_rest_is_complete[sa360]",),
    ),
    # --- daily numbers ---
    Fault(
        "newest-days-not-read-again",
        "sa360/reports.py",
        "since = keep_from if entry.since is None else max(min(entry.since, keep_from), begins)",
        "since = entry.until or keep_from",
        (f"{ROWS}03_changes_of_every_kind_arrive[sa360]",),
    ),
    Fault(
        "numbers-that-are-gone-stay",
        "sa360/reports.py",
        "(unit.key_of(key) for key in sorted(due - still_there - elsewhere))",
        "()",
        (f"{ROWS}03_changes_of_every_kind_arrive[sa360]",),
    ),
    Fault(
        "day-before-the-newest-lost",
        "sa360/reports.py",
        "        last = entry.first - DAY\n",
        "        last = entry.first - 2 * DAY\n",
        (f"{ROWS}01_a_first_sync_equals_the_source[sa360]",),
    ),
    Fault(
        "ends-of-a-range-trusted",
        "sa360/plan.py",
        "BETWEEN '{max(self.first - DAY, oldest)}' AND '{self.last + DAY}'",
        "BETWEEN '{max(self.first, oldest)}' AND '{self.last}'",
        (f"{MISREAD}[sa360-filter-exclusive]",),
    ),
    Fault(
        "days-that-were-not-asked-for-taken",
        "sa360/reading.py",
        "if not isinstance(day, str) or first <= day <= last:",
        "if True:",
        (f"{MISREAD}[sa360-filter-ignored]",),
    ),
    Fault(
        "past-noted-before-its-rows",
        "sa360/reports.py",
        "        self._deliver_days(unit, window, reading, span)\n        entry.first,",
        "        entry.first = window.first\n"
        "        self._delivery.checkpoint()\n"
        "        self._deliver_days(unit, window, reading, span)\n"
        "        entry.first,",
        (f"{AGAIN}[sa360-first]", f"{RESUMED}[sa360-2]", f"{RESUMED}[sa360-6]"),
    ),
    Fault(
        "days-noted-before-their-rows",
        "sa360/reports.py",
        "        if changed:\n            self._deliver",
        "        held |= digests\n        self._delivery.checkpoint()\n        if changed:\n            self._deliver",
        (f"{AGAIN}[sa360-first]", f"{RESUMED}[sa360-2]", f"{RESUMED}[sa360-6]"),
    ),
    # --- converting ---
    Fault(
        "millionths-taken-for-units",
        "sa360/cells.py",
        "divmod(abs(micros), MICROS)",
        "divmod(abs(micros) * MICROS, MICROS)",
        (f"{ROWS}01_a_first_sync_equals_the_source[sa360]",),
    ),
    Fault(
        "local-times-taken-for-those-of-greenwich",
        "sa360/rows.py",
        "to_instant(value, zone) if is_time",
        "to_instant(value) if is_time",
        (f"{ROWS}01_a_first_sync_equals_the_source[sa360]",),
    ),
    Fault(
        "absent-sum-taken-for-unknown",
        "sa360/rows.py",
        "{name: 0.0 for name, column in columns.items() if column.source in source.zeros}",
        "{}",
        (f"{ROWS}01_a_first_sync_equals_the_source[sa360]",),
    ),
    Fault(
        "devices-under-one-key",
        "sa360/report_tables.py",
        '*(name for name in KEY_SEGMENTS if name in columns)]',
        '*(name for name in KEY_SEGMENTS[1:] if name in columns)]',
        (f"{ROWS}01_a_first_sync_equals_the_source[sa360]",),
    ),
    Fault(
        "values-of-custom-columns-in-another-order",
        "sa360/rows.py",
        "in zip(named, values, strict=True)",
        "in zip(named, reversed(values), strict=True)",
        (f"{ROWS}01_a_first_sync_equals_the_source[sa360]",),
    ),
    Fault(
        "late-conversions-not-waited-for",
        "sa360/reports.py",
        "today - timedelta(days=self._days)",
        "today - timedelta(days=1)",
        (f"{ROWS}03_changes_of_every_kind_arrive[sa360]",),
    ),
    Fault(
        "wrong-cells-not-filed",
        "sa360/units.py",
        "            self._file(found[0], notes)\n",
        "            pass\n",
        (f"{FAULTY}13_a_cell_of_the_wrong_type_is_null_and_named_and_comes_when_it_is_mended[sa360]",),
    ),
    Fault(
        "cured-errors-stay-open",
        "sa360/listings.py",
        "        self._delivery.resolve(unit.root)\n",
        "",
        (f"{FAULTY}13_a_cell_of_the_wrong_type_is_null_and_named_and_comes_when_it_is_mended[sa360]",),
    ),
    Fault(
        "money-of-no-currency",
        "sa360/rows.py",
        'made["currency_code"] = account.currency',
        "pass",
        (f"{ROWS}01_a_first_sync_equals_the_source[sa360]",),
    ),
    # --- what the connector's own tests notice ---
    Fault(
        "doubtful-deletes-believed",
        "sa360/listings.py",
        "if len(gone) > MAX_DELETED_UNDOUBTED and is_doubtful(len(gone), reading.seen.rows, holding.rows):",
        "if False:",
        ("tests/sa360/test_listings.py::test_many_missing_rows_are_doubted_and_warned_of",),
    ),
    Fault(
        "row-without-its-key-taken-for-gone",
        "sa360/units.py",
        "        self.whole = False\n        unit, day",
        "        unit, day",
        ("tests/sa360/test_reading.py::test_a_row_without_a_name_may_be_any_of_those_that_were_asked_for",),
    ),
    Fault(
        "page-that-times-out-not-made-smaller",
        "sa360/reading.py",
        "                if size == fetch.PAGE_SIZES[-1]:\n                    raise\n",
        "                raise\n",
        ("tests/sa360/test_reading.py::test_a_page_that_fails_becomes_smaller_step_by_step",),
    ),
    Fault(
        "account-without-access-stops-all",
        "sa360/failing.py",
        "            self.unreadable.setdefault(unit.account.id, str(failure))\n",
        "            raise\n",
        ("tests/sa360/test_accounts.py::test_a_client_that_may_not_be_read_is_left_out_and_named_once",),
    ),
    Fault(
        "refused-token-renewed-again-and-again",
        "sa360/signin.py",
        "        if isinstance(answer, Unauthorized):\n            sign_in.forget(token)\n"
        "            answer = _answer(ask, request)\n        if",
        "        for _ in range(30 * isinstance(answer, Unauthorized)):\n"
        "            sign_in.forget(token)\n"
        "            answer = _answer(ask, request)\n"
        "        if",
        ("tests/sa360/test_signin.py::test_a_refused_token_is_renewed_once_and_the_question_asked_again",),
    ),
    Fault(
        "numbers-that-are-missing-believed",
        "sa360/reports.py",
        "still_there = {key for day in {days[key] for key in due} for key in self._keys_of(unit, day, span, due)}",
        "still_there = set[str]()",
        ("tests/sa360/test_reports.py::test_a_deletion_is_confirmed_by_its_day_alone",),
    ),
    Fault(
        "doubtful-numbers-deleted",
        "sa360/reports.py",
        "if len(due) > MAX_DELETED_UNDOUBTED and (not listed or len(due) > MOST_GONE * held):",
        "if False:",
        ("tests/sa360/test_reports.py::test_so_many_missing_rows_are_not_believed",),
    ),
    Fault(
        "day-between-two-windows-lost",
        "sa360/plan.py",
        "        last = part.first - DAY\n",
        "        last = part.first - 2 * DAY\n",
        ("tests/sa360/test_plan.py::test_windows_tile_the_range_newest_first",),
    ),
    Fault(
        "past-read-before-the-newest-days",
        "sa360/plan.py",
        "    last = whole.last\n    while last >= whole.first:\n"
        "        part = Window(max(whole.first, last - timedelta(days=width - 1)), last)\n"
        "        yield part\n        last = part.first - DAY\n",
        "    first = whole.first\n    while first <= whole.last:\n"
        "        part = Window(first, min(whole.last, first + timedelta(days=width - 1)))\n"
        "        yield part\n        first = part.last + DAY\n",
        ("tests/sa360/test_plan.py::test_windows_tile_the_range_newest_first",),
    ),
    Fault(
        "today-of-greenwich-for-all",
        "sa360/reports.py",
        "now.astimezone(unit.account.zone).date()",
        "now.date()",
        ("tests/sa360/test_reports.py::test_the_day_is_the_one_where_the_account_is",),
    ),
    Fault(
        "past-of-a-new-custom-column-not-read",
        "sa360/reports.py",
        "            entry.first = entry.since\n",
        "            pass\n",
        ("tests/sa360/test_reports.py::test_a_new_custom_column_has_its_past_read",),
    ),
    Fault(
        "values-of-a-column-not-asked-for-taken-for-gone",
        "sa360/reports.py",
        'return not unit.columns or unit.key_of(key)["custom_column_id"] in {number for number, _ in unit.columns}',
        "return True",
        ("tests/sa360/test_reports.py::test_a_custom_column_that_is_refused_is_filed_and_the_others_arrive",),
    ),
    Fault(
        "error-within-a-stream-ignored",
        "sa360/api.py",
        'if "error" in _object(element, path):',
        "if False:",
        ("tests/sa360/test_api.py::test_an_error_within_a_stream_is_the_failure_that_the_request_would_have_been",),
    ),
    Fault(
        "stream-that-breaks-off-believed",
        "sa360/api.py",
        '    _feed(parser, b"", path)  # which is the end\n',
        "",
        ("tests/sa360/test_api.py::test_a_reply_of_another_shape_is_an_outage",),
    ),
    # --- single days, and events ---
    Fault(
        "day-that-cannot-be-read-ends-the-table",
        "sa360/reports.py",
        "                reading = self._unread(unit, window, span, failure)\n            self._context.progress",
        "                raise\n            self._context.progress",
        (f"{ODD_DAYS}one_of_the_newest_days_that_cannot_be_read_is_filed_and_tried_again_and_the_others_arrive",),
    ),
    Fault(
        "days-that-were-not-read-taken-for-gone",
        "sa360/reports.py",
        "if unsure.whole and day not in unsure.unread and",
        "if unsure.whole and",
        (f"{ODD_DAYS}one_of_the_newest_days_that_cannot_be_read_is_filed_and_tried_again_and_the_others_arrive",),
    ),
    Fault(
        "single-day-asked-for-with-those-beside-it",
        "sa360/plan.py",
        "        if self.first == self.last:\n",
        "        if False:\n",
        (f"{ODD_DAYS}a_past_day_that_cannot_be_read_is_filed_and_tried_again_and_the_others_arrive",),
    ),
    Fault(
        "past-that-is-kept-no-more-refused",
        "sa360/reports.py",
        'if getattr(failure, "code", "") == TOO_OLD:',
        "if False:",
        (f"{ODD_DAYS}where_the_api_keeps_less_than_it_says_no_day_is_lost_and_the_past_ends",),
    ),
    Fault(
        "days-taken-for-unreadable-without-end",
        "sa360/reports.py",
        "self._unread_days[unit.root] > MOST_UNREADABLE",
        "False",
        (f"{ODD_DAYS}too_many_days_that_cannot_be_read_fail_the_table",),
    ),
    Fault(
        "outage-taken-for-days-that-cannot-be-read",
        "sa360/reading.py",
        "            raise failure from None\n        return unread_day",
        "            pass\n        return unread_day",
        (f"{ODD_DAYS}an_api_that_answers_nothing_files_no_day",),
    ),
    Fault(
        "events-that-moved-deleted",
        "sa360/reports.py",
        "elsewhere = self._on_other_days(unit, due - still_there, span)",
        "elsewhere = set[str]()",
        (f"{ODD_DAYS}an_event_that_moves_to_another_day_is_not_deleted",),
    ),
    Fault(
        "young-day-held-with-the-others",
        "sa360/holdings.py",
        "self.keys, self.young = _narrow(seen, COMES_AND_GOES), _narrow(last, GROWS)",
        "seen.merge(last)\n        self.keys, self.young = _narrow(seen, COMES_AND_GOES), set()",
        ("tests/sa360/test_holdings.py::test_what_is_gone_of_a_settled_day_is_told_though_many_rows_come_to_the_last_one",),
    ),
    Fault(
        "headers-of-the-first-chunk-forgotten",
        "sa360/reading.py",
        'for one in batch.custom_column_headers] or told',
        'for one in batch.custom_column_headers]',
        ("tests/sa360/test_reading.py::test_headers_that_come_only_at_first_hold_for_what_follows",),
    ),
    Fault(
        "stream-of-another-account-believed",
        "sa360/reading.py",
        "if reading.number and reading.foreign == reading.number:",
        "if False:",
        ("tests/sa360/test_reading.py::test_a_row_of_another_account_is_delivered_but_a_stream_of_them_is_not_believed",),
    ),
)

DEPLOY = (
    Fault(
        "secrets-given-to-the-cli",
        ".github/scripts/cli.py",
        'if not name.startswith(("SFL_", "FIVETRAN_"))',
        'if not name.startswith("FIVETRAN_")',
        (f"{DEPLOYED}values_arrive_byte_for_byte",),
    ),
    Fault(
        "output-of-the-cli-shown-as-it-is",
        ".github/scripts/cli.py",
        'print(f"fivetran | {shown(line)}", flush=True)',
        'print(f"fivetran | {line.rstrip()}", flush=True)',
        (f"{DEPLOYED}a_canary_is_in_no_command_line_no_file_and_no_output_at_any_moment",),
    ),
    Fault(
        "cli-left-running-when-cancelled",
        ".github/scripts/cli.py",
        "            _stop(process)",
        "            pass",
        (f"{DEPLOYED}a_cancelled_deploy_ends_what_it_started_and_leaves_nothing_behind",),
    ),
    Fault(
        "any-connection-taken-for-the-deployed-one",
        ".github/scripts/deploy.py",
        "if after and run.package and after.package == run.package:",
        "if after:",
        ("tests/deploy/test_arrival.py::test_what_the_cli_took_back_or_never_uploaded_is_not_waited_for",),
    ),
    Fault(
        "setup-tests-not-looked-at",
        ".github/scripts/deploy.py",
        "if refusal := refusal_of(told):",
        'if refusal := "":',
        (f"{DEPLOYED}a_setup_test_that_fails_only_afterwards_fails_the_deploy",),
    ),
    Fault(
        "missing-secret-taken-for-an-optional-one",
        ".github/scripts/configuration.py",
        "if not setting.required or (",
        "if setting.required or (",
        ("tests/deploy/test_configuration.py::test_what_is_required_and_missing_is_named_with_what_it_is",),
    ),
    Fault(
        "what-the-connector-says-of-a-value-quoted",
        ".github/scripts/configuration.py",
        'str(getattr(error, "rule", "")) or',
        "str(error) or",
        ("tests/deploy/test_configuration.py::test_a_value_that_the_connector_would_refuse_is_refused_without_quoting_it",),
    ),
    Fault(
        "what-is-shared-deploys-nothing",
        ".github/scripts/changed_connectors.py",
        "return Cause.COMMON",
        "return None",
        (f"{CHANGED}what_matters_to_a_connector_deploys_it",),
    ),
    Fault(
        "failed-deployment-taken-for-a-success",
        ".github/scripts/changed_connectors.py",
        'status.get("state") == "success"',
        'status.get("state") != "queued"',
        (f"{CHANGED}what_an_earlier_push_could_not_deploy_is_still_owed",),
    ),
    Fault(
        "late-push-put-in-the-place-of-a-newer",
        ".github/scripts/changed_connectors.py",
        "(base for base in bases if precedes(base.commit))",
        "(base for base in bases[:1] if precedes(base.commit))",
        (f"{CHANGED}a_push_that_comes_late_does_not_put_older_code_in_the_place_of_newer",),
    ),
    Fault(
        "forced-push-compared-as-any-other",
        ".github/scripts/changed_connectors.py",
        'if run.forced not in {"", "false"}:',
        'if run.forced == "never":',
        (f"{CHANGED}a_forced_push_deploys_all_without_asking",),
    ),
)
FAULTS = (*COMMON, *VIRTUOUS, *ONGAGE, *EVERYACTION, *SA360, *DEPLOY)
