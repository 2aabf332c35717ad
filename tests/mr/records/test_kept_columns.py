from hypothesis import given
from hypothesis import strategies as st

from mr.records.kept_columns import keep_columns, kept_places

CELLS = st.text("ab,\\ ", max_size=3).map(str.encode)


def test_places_are_in_the_order_that_was_asked_for() -> None:
    """And there are none to choose where all columns are kept as they stand."""
    columns = {"columns": ["id", "age", "city"]}
    assert kept_places({"keep": ["city", "id"]} | columns) == [2, 0]
    assert kept_places({"keep": []} | columns) == []
    assert kept_places({"keep": ["id", "age", "city"]} | columns) is None
    assert kept_places(columns) is None
    assert kept_places({"keep": []}) == []  # of a text


@given(
    st.lists(st.tuples(CELLS, CELLS, CELLS, CELLS), max_size=4),
    st.lists(st.integers(0, 3), max_size=4, unique=True),
)
def test_cells_at_the_places_are_kept(rows: list[tuple[bytes, ...]], places: list[int]) -> None:
    """One line a record comes out, in order."""
    lines = [b"\t".join(row) for row in rows]
    kept = [b"\t".join(row[place] for place in places) for row in rows]
    assert keep_columns(lines, places) == kept
    assert keep_columns(lines, None) is lines
