"""Rows of many things, read at once in as many queries as the database needs: it takes only so many values in each."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Column, Row, Select

from app.store.unit_of_work import UnitOfWork

MOST_VALUES = 1000


async def rows_of(
    work: UnitOfWork, query: Select[*tuple[Any, ...]], column: Column[Any], values: Sequence[Any]
) -> Sequence[Row[*tuple[Any, ...]]]:
    """Those in which the column has one of the values."""
    found: list[Row[*tuple[Any, ...]]] = []
    async with work.read() as connection:
        for begin in range(0, len(values), MOST_VALUES):
            found += await connection.execute(query.where(column.in_(values[begin : begin + MOST_VALUES])))
    return found
