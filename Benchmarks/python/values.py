"""The messages of the queue programs, as in values.lua.

`value_of(kind)` gives (value, look): look reads a bit of a message that has arrived, cheaply, as a number that can be
added up. The integer messages have no value: they are 1, 2, 3 …
"""


def value_of(kind):
    if kind in VALUES:
        return VALUES[kind]
    return b"x" * int(kind), len


VALUES = {
    "int": (None, lambda v: v),
    "small": ({"id": 1, "name": "item", "value": 1.5}, lambda v: v["id"] + v["value"]),
    "nested": (
        {
            "id": 17,
            "customer": {"name": "Ada", "address": {"city": "London", "street": "12 St James's Square"}},
            "lines": [{"article": f"A-{i}", "quantity": i, "price": i + 0.25} for i in range(1, 11)],
            "tags": ["new", "paid", "express"],
        },
        lambda v: v["id"] + v["lines"][9]["quantity"]),
    "strings": ([f"{i:05}" * 20 for i in range(1, 101)], lambda v: len(v[99])),
    "numbers": ([i + 0.5 for i in range(1, 1001)], lambda v: v[999]),
}
