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
NARROW = f"{ROWS}15_a_narrow_record_changes_what_it_tells_and_blanks_nothing"

COMMON = (
    # --- asking ---
    Fault(
        "no-time-out",
        "common/requests.py",
        "timeout = (CONNECT_SECONDS, READ_SECONDS)",
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
FAULTS = (*COMMON, *VIRTUOUS, *ONGAGE, *EVERYACTION, *DEPLOY)
