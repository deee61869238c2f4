"""A program whose globals, classes, containers and functions `change()` replaces; `t_…` are functions of a number."""

import functools
import math
import types

import numpy as np

mod = types.ModuleType("usermod")
mod.k = 2.0
mod.fn = lambda v: v * 2


def helper(v):
    return v * 2.0


class C:
    scale = 2.0

    def __init__(s, x):
        s.x = x

    def m(s):
        return s.x * s.scale

    @property
    def p(s):
        return s.x + 1

    @staticmethod
    def st(v):
        return v + 1

    @classmethod
    def cm(c, v):
        return v * c.scale


class Sub(C):
    pass


obj = C(3.0)
sub = Sub(3.0)
cfg = {"lr": 1.0, "sub": {"n": 2}}
lst = [1.0, 2.0]
nested = [[1.0], [2.0]]
arr = np.ones(3)
arr_i = np.array([0, 1])
part = functools.partial(helper)
flag = True
mode = "a"
n = 3
tup = (1.0, 2.0)
none = None


def dflt(v, w=[1.0]):
    return v * w[0]


def make():
    c = 1.0

    def inner(v):
        return v * c

    def setc(z):
        nonlocal c
        c = z

    return inner, setc


inner, setc = make()
fns = [lambda v: v + 1]
disp = {"f": lambda v: v + 1}


def t_mod(q):
    return mod.k * q


def t_modfn(q):
    return mod.fn(q)


def t_helper(q):
    return helper(q)


def t_scale(q):
    return obj.m() * q


def t_prop(q):
    return obj.p * q


def t_static(q):
    return C.st(q)


def t_cls(q):
    return Sub.cm(q)


def t_inst(q):
    return obj.x * q


def t_sub(q):
    return sub.m() * q


def t_cfg(q):
    return cfg["lr"] * q * cfg["sub"]["n"]


def t_cfgkeys(q):
    return len(cfg) * q


def t_lst(q):
    return sum(lst) * q


def t_nested(q):
    return nested[0][0] * q + len(nested[1])


def t_arr(q):
    return arr.sum() * q


def t_arri(q):
    return arr[arr_i].sum() * q


def t_part(q):
    return part(q)


def t_flag(q):
    return q if flag else -q


def t_mode(q):
    return q if mode == "a" else -q


def t_n(q):
    return sum(q for _ in range(n))


def t_tup(q):
    return tup[0] * q


def t_none(q):
    return q if none is None else -q


def t_dflt(q):
    return dflt(q)


def t_inner(q):
    return inner(q)


def t_fns(q):
    return fns[0](q)


def t_disp(q):
    return disp["f"](q)


def t_isin(q):
    return isinstance(obj, Sub) * q


def t_hasattr(q):
    return q if hasattr(obj, "extra") else -q


def t_getattr(q):
    return getattr(obj, "extra", 1.0) * q


def t_type(q):
    return q if type(obj) is C else -q


def t_name(q):
    return q if helper.__name__ == "helper" else -q


def t_dtype(q):
    return arr.dtype.itemsize * q


def t_default(q, w=arr):
    return w.sum() * q


def t_kd(q):
    return math.pi * q


def change():
    """Replace everything."""
    change_classes()
    change_builtins()
    change_code()
    global helper, flag, mode, n, tup, none, arr_i, lst, obj, part
    mod.k = 5.0
    mod.fn = lambda v: v * 7
    C.scale = 9.0
    obj.x = 11.0
    cfg["lr"] = 4.0
    cfg["sub"]["n"] = 7
    cfg["new"] = 1
    lst[0] = 10.0
    lst.append(5.0)
    nested[0][0] = 8.0
    nested[1].append(1.0)
    arr[:] = 3.0
    arr_i = np.array([0, 1, 2])
    dflt.__defaults__[0][0] = 6.0
    setc(13.0)
    fns[0] = lambda v: v - 100
    disp["f"] = lambda v: v - 100

    def helper(v):
        return v * 100.0

    flag = False
    mode = "b"
    n = 5
    tup = (7.0,)
    none = 1
    C.p = property(lambda s: s.x * 1000)
    C.st = staticmethod(lambda v: v - 50)
    Sub.cm = classmethod(lambda c, v: v * 0.5)
    Sub.m = lambda s: 77.0
    obj.extra = 55.0
    t_default.__defaults__ = (np.full(4, 9.0),)


class Base:
    """Its attributes are shadowed, its methods replaced."""

    rate = 2.0

    def gain(self):
        return self.rate

    def wide(self):
        return 1.0


class Left(Base):
    def wide(self):
        return super().wide() + 1.0


class Right(Base):
    pass


class Both(Left, Right):
    pass


left, both = Left(), Both()


def t_shadowed_data(q):
    return left.gain() * q


def t_super_in_a_diamond(q):
    return both.wide() * q


def t_own_method(q):
    return right.wide() * q


right = Right()


def change_classes():
    """Give classes attributes that hide those of their bases."""
    Left.rate = 31.0
    Right.wide = lambda self: 17.0
    right.wide = lambda: 23.0


def t_builtin(q):
    return abs(q) + float(len(range(3)))


def change_builtins():
    """Give the module names that hide builtins."""
    globals()["abs"] = lambda v: v * 19.0


def coded(v):
    return v * 2.0


class Bare:
    """A class that gets methods of its own for what `object` has."""

    def __init__(self, x):
        self.x = x


class Born:
    x = 1.0


bare = Bare(1.0)


def t_code(q):
    return coded(q)


def t_equality(q):
    return q if bare == Bare(1.0) else -q


def t_construction(q):
    return Born().x * q


def change_code():
    """Give a function the code of another, and classes methods."""
    coded.__code__ = (lambda v: v * 29.0).__code__
    Bare.__eq__ = lambda self, other: self.x == other.x
    Born.__init__ = lambda self: setattr(self, "x", 37.0)
