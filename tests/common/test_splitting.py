"""How one record becomes rows of several tables where ids are unique within something only."""

from __future__ import annotations

from common.splitting import Child, Root, child_table, split
from common.tables import Table, text

SCOPE = ("account_id", "list_id")
WORDS = child_table("words", "page_id", {"word": text("word")}, scope=SCOPE)
LINES = child_table("lines", "page_id", {"line": text("line")}, scope=SCOPE)
COLUMNS = {"account_id": text("account"), "list_id": text("list"), "id": text("number"), "name": text("name")}
PAGE = Root(
    Table("pages", [*SCOPE, "id"], COLUMNS),
    id_field="number",
    children=(Child("lines", LINES, children=(Child("words", WORDS),)),),
)


def test_a_child_table_is_keyed_by_its_scope_the_record_and_a_position() -> None:
    assert WORDS.key == ["account_id", "list_id", "page_id", "position"]
    assert list(WORDS.columns) == [*WORDS.key, "word"]
    assert child_table("words", "page_id", {}).key == ["page_id", "position"]


def test_the_whole_key_of_a_record_is_in_all_its_rows() -> None:
    raw = {"account": 3, "list": "7", "number": 12, "lines": [{"line": "a b", "words": [{"word": "a"}, {"word": "b"}]}, {"line": ""}]}
    result = split(PAGE, raw)
    assert result.id == '["3","7","12"]'
    key = {"account_id": "3", "list_id": "7", "page_id": "12"}
    assert result.rows["lines"] == [key | {"position": 0, "line": "a b"}, key | {"position": 1, "line": ""}]
    assert result.rows["words"] == [key | {"position": 0, "word": "a"}, key | {"position": 1, "word": "b"}]


def test_the_id_that_is_the_records_own_need_not_be_the_last_of_the_key() -> None:
    lines = child_table("lines", "page_id", {})
    root = Root(Table("pages", ["id", "language"], {"id": text("id"), "language": text("language")}), children=(Child("lines", lines),))
    assert split(root, {"id": 5, "language": "en", "lines": [{}]}).rows["lines"] == [{"page_id": "5", "position": 0}]


def test_a_record_that_lacks_a_part_of_its_key_gives_no_rows() -> None:
    result = split(PAGE, {"account": 3, "number": 12, "lines": [{}]})
    assert (result.id, result.rows) == (None, {"pages": [], "lines": [], "words": []})
    assert [(problem.table, problem.column) for problem in result.notes.problems] == [("pages", "list_id")]
