"""collections.abc: what the abstract classes of mappings and sequences add to the methods that a program writes."""

from __future__ import annotations

from typing import Any


class Abstract:
    """Has the methods that a class of the program writes."""

    __getitem__: Any
    __setitem__: Any
    __delitem__: Any
    __iter__: Any


class Mapping(Abstract):
    def get(self, key: Any, default: Any = None) -> Any:
        try:
            return self[key]
        except KeyError:
            return default

    def __contains__(self, key: Any) -> Any:
        try:
            self[key]
        except KeyError:
            return False
        return True

    def keys(self) -> Any:
        return list(self)

    def values(self) -> Any:
        return [self[key] for key in self]

    def items(self) -> Any:
        return [(key, self[key]) for key in self]


class MutableMapping(Mapping):
    def pop(self, key: Any, *default: Any) -> Any:
        if default and key not in self:
            return default[0]
        value = self[key]
        del self[key]
        return value

    def setdefault(self, key: Any, default: Any = None) -> Any:
        if key not in self:
            self[key] = default
        return self[key]

    def update(self, other: Any = (), **more: Any) -> None:
        for key, value in dict(other).items():
            self[key] = value
        for key, value in more.items():
            self[key] = value


class Sequence(Abstract):
    def __contains__(self, value: Any) -> Any:
        return any(item == value for item in self)

    def __reversed__(self) -> Any:
        return list(self)[::-1]
