"""How the tables are shared out over the machines of a Citus cluster: by operator, all beside one another.

Every table has `operator_id` in its keys, the installation's own too (decision 1). So every table is distributed by it,
a row lies beside everything that it points at, and a transaction of one operator is one machine's. No table is copied
to all machines (a reference table), because none is without an operator. What Citus would refuse is said beforehand.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence

from incubator.machines.catalogue import Key, Table

BY = "operator_id"
FIRST = "operators"
"""The table that the others lie beside."""
COLUMN_RIGHTS = (13, 1)
"""From this version on, Citus hands rights on columns to its workers."""


def objections(tables: Sequence[Table], version: tuple[int, int]) -> list[str]:
    """What Citus would refuse, a sentence each; none, and the tables can be shared out."""
    known = {table.name: table for table in tables}
    found: list[str] = []
    for table in tables:
        if BY not in table.columns:
            found.append(f"{table.name} has no {BY}: nobody can say on which machine a row of it belongs.")
            continue
        if table.columns[BY] != "bigint":
            found.append(f"{table.name}.{BY} is {table.columns[BY]}, and bigint elsewhere: the rows would lie apart.")
        if table.kind == "p":
            found.append(f"{table.name} has partitions already: distribute it first, and part it then.")
        for column, type_ in table.numbered.items():
            if type_ != "bigint":
                found.append(f"{table.name}.{column} is numbered as {type_}: on several machines it must be bigint.")
        if table.rights_on_columns and version < COLUMN_RIGHTS:
            found.append(f"{table.name} has rights on columns, which Citus hands on from 13.1 on.")
        found += [f"{table.name}: {key.name} {reason}" for key in table.keys if (reason := _refused(key, known))]
    return found


def losses(tables: Sequence[Table]) -> list[str]:
    """What the tables would lose, and must be given up by name: a trigger that asks another table can't on a shard."""
    return [f"{table.name}: trigger {name}" for table in tables for name in table.triggers]


def plan(tables: Sequence[Table], database: str, distributed: Collection[str] = ()) -> list[str]:
    """The statements, in their order; of tables that are distributed already, none."""
    left = [table for table in tables if table.name not in distributed]
    order, later = _parents_first(left)
    return [
        # SET LOCAL app.operator_id must reach the workers, whose row security asks for it
        f"ALTER DATABASE {_quoted(database)} SET citus.propagate_set_commands = 'local'",
        *(f"DROP TRIGGER {_quoted(name)} ON {_quoted(table.name)}" for table in left for name in table.triggers),
        *(f"ALTER TABLE {_quoted(name)} DROP CONSTRAINT {_quoted(key.name)}" for name, key in later),
        *(_distribute(name) for name in order),
        *(f"ALTER TABLE {_quoted(name)} ADD CONSTRAINT {_quoted(key.name)} {key.definition}" for name, key in later),
    ]


def _distribute(name: str) -> str:
    beside = "none" if name == FIRST else FIRST
    return f"SELECT create_distributed_table('{_quoted(name)}', '{BY}', colocate_with => '{beside}')"


def _refused(key: Key, known: dict[str, Table]) -> str:
    """Why Citus would refuse the key; '' where it takes it."""
    if key.kind == "f":
        return _refused_reference(key, known)
    if BY not in key.columns:
        return f"does not have {BY} in it: two machines could each have such a row."
    if key.kind == "x" and key.operators[key.columns.index(BY)] != "=":
        return f"asks {BY} for something else than to be equal."
    return ""


def _refused_reference(key: Key, known: dict[str, Table]) -> str:
    if key.target not in known or BY not in known[key.target].columns:
        return f"points at {key.target}, which is not shared out by {BY}."
    if (BY, BY) not in zip(key.columns, key.target_columns, strict=True):
        return f"does not say that the row it points at is of the same {BY}."
    if key.on_delete in ("n", "d"):
        return f"would change {BY} where what it points at is deleted."
    return ""


def _parents_first(tables: Sequence[Table]) -> tuple[list[str], list[tuple[str, Key]]]:
    """An order in which what a table points at comes before it, and the references that no order can satisfy."""
    waiting = {table.name: {key.target for key in _references(table)} for table in tables}
    order: list[str] = []
    while waiting:
        # where a circle is left, the table that fewest of those still waiting are asked for by
        ready = sorted((name for name, asks in waiting.items() if not asks & waiting.keys()),
                       key=lambda name: (name != FIRST, name))  # fmt: skip
        chosen = ready or [min(waiting, key=lambda name: (len(waiting[name] & waiting.keys()), name))]
        order += chosen
        for name in chosen:
            del waiting[name]
    place = {name: nth for nth, name in enumerate(order)}
    later = [(table.name, key) for table in tables for key in _references(table)
             if place.get(key.target, -1) > place[table.name]]  # fmt: skip
    return order, later


def _references(table: Table) -> Iterator[Key]:
    """To other tables."""
    return (key for key in table.keys if key.kind == "f" and key.target != table.name)


def _quoted(name: str) -> str:
    return name if name.isidentifier() and name.islower() and name not in ("user", "order") else f'"{name}"'
