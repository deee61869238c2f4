"""What whole repositories hold beside layers: texts, chance, lists that loops fill, settings from outside, einops in
containers. Shapes as running each program gave them, and the errors it raised."""

import string
from pathlib import Path

from tests.checker.programs import lines, run, shapes


def test_layers_of_einops_are_modules_in_containers(tmp_path: Path) -> None:
    text = """
        import torch
        from torch import nn
        from einops.layers.torch import Rearrange, Reduce

        body = nn.Sequential(Rearrange("b c (h p) (w q) -> b (c p q) h w", p=2, q=2), nn.Conv2d(64, 16, 1))
        whole = nn.Sequential(body, Reduce("b c h w -> b c", "mean"), nn.Linear(16, 3))
        first = body(torch.randn(4, 16, 16, 16))
        second = whole(torch.randn(4, 16, 16, 16))
        count = torch.zeros(len(list(whole.modules())))
        """
    found = shapes(tmp_path, text)
    assert (found["first"], found["second"], found["count"]) == ("(4, 16, 8, 8)", "(4, 3)", "(6,)")
    assert lines(tmp_path, text) == []
    assert lines(tmp_path, text.replace("Conv2d(64", "Conv2d(16")) == [(8, "TG516"), (9, "TG516")]


def test_arrays_of_lists_that_loops_filled(tmp_path: Path) -> None:
    text = """
        import random
        import numpy as np
        import torch

        rng = random.Random(0)
        boxes, labels, rows = [], [], []
        for _ in range(rng.randint(1, 4)):
            x, y = rng.randint(0, 100), rng.randrange(100)
            boxes.append([x, y, x + rng.randint(1, 9), y + 5])
            labels.append(rng.randrange(3))
            rows.append(np.zeros((2, 3)))
        a = torch.as_tensor(boxes, dtype=torch.float32)
        b = torch.tensor(labels)
        c = np.array(boxes)
        d = np.array([(1.0, 2.0) for _ in labels])
        e = torch.LongTensor(labels)
        areas = (a[:, 2] - a[:, 0]) * (a[:, 3] - a[:, 1])
        f = np.concatenate(rows)
        """
    found = shapes(tmp_path, text)
    assert [found[name] for name in "abcdef"] == ["(?, 4)", "(?,)", "(?, 4)", "(?, 2)", "(?,)", "(?, 3)"]
    assert lines(tmp_path, text) == []
    assert lines(tmp_path, text.replace("a[:, 3]", "a[:, 4]")) == [(18, "TG520")]


ALPHABET = string.ascii_letters + string.digits + string.punctuation[:29] + " \n."


def test_texts_become_numbers(tmp_path: Path) -> None:
    text = """
        import string
        import torch

        letters = sorted(set(string.ascii_letters + string.digits + string.punctuation[:29] + " \\n."))
        places = {letter: place for place, letter in enumerate(["<pad>", *letters])}
        story = "it was the best of times, it was the worst of times\\n" * 40
        known = torch.tensor([places[letter] for letter in story if letter in places])
        table = torch.nn.Embedding(len(places), 8)
        vectors = table(known)
        line = input()
        other = torch.tensor([string.ascii_letters.index(letter) for letter in line.strip()], dtype=torch.long)
        words = torch.zeros(len(line.split()), 3)
        """
    found = shapes(tmp_path, text)
    assert found["known"] == f"({52 * 40},)"
    assert found["vectors"] == f"({52 * 40}, 8)"
    assert (found["other"], found["words"]) == ("(?,)", "(?, 3)")
    size = len(set(ALPHABET)) + 1
    wrong = text.replace("vectors = table(known)", f"vectors = table(known) @ torch.ones({size}, 2)")
    assert lines(tmp_path, wrong) == [(10, "TG511")]


def test_windows_at_random_places_have_their_full_length(tmp_path: Path) -> None:
    text = """
        import random
        import numpy as np
        import torch

        series, rng = np.zeros(864), np.random.default_rng(0)
        places = torch.randint(len(series) - 32, (4,))
        x = torch.stack([torch.from_numpy(series[i : i + 32]) for i in places])
        y = torch.stack([torch.from_numpy(series[i + 1 : i + 1 + 32]) for i in places])
        at = int(torch.randint(0, 864 - 16, (1,)))
        a = series[at : at + 16]
        at = random.randint(0, len(series) - 8)
        b = series[at : at + 8]
        at = rng.integers(0, len(series) - 8)
        c = series[at : at + 8]
        at = np.random.randint(864 - 8)
        d = series[at : at + 8]
        e = np.stack([series[k : k + 8] for k in rng.integers(864 - 8, size=3)])
        at = places[1].item()
        f = series[at : at + 32]
        at = rng.choice(864 - 8)
        g = series[at : at + 8]
        """
    found = shapes(tmp_path, text)
    assert (found["x"], found["y"]) == ("(4, 32)", "(4, 32)")
    assert [found[name] for name in "abcdefg"] == ["(16,)", "(8,)", "(8,)", "(8,)", "(3, 8)", "(32,)", "(8,)"]
    assert lines(tmp_path, text) == []


def test_the_length_of_a_window_at_any_place_is_readable(tmp_path: Path) -> None:
    text = """
        import torch
        series = torch.zeros(864, 2)
        at = int(input())
        part = series[at : at + 16]
        """
    assert shapes(tmp_path, text)["part"] == "(?, 2)"


def test_loaders_in_circles(tmp_path: Path) -> None:
    text = """
        import itertools
        import torch
        from torch.utils.data import DataLoader, TensorDataset, default_collate

        data = TensorDataset(torch.rand(16, 3), torch.randint(0, 3, (16,)))
        batches = itertools.cycle(DataLoader(data, batch_size=4, drop_last=True))
        for step in range(3):
            x, y = next(batches)
        both = torch.rand(y.shape[0]) + y

        def collate(batch):
            x, y = default_collate(batch)
            return x * 2, torch.nn.functional.one_hot(y, 3)

        for u, v in DataLoader(data, batch_size=4, collate_fn=collate):
            pass
        either = itertools.chain([torch.zeros(3)], (torch.zeros(5) for _ in input()))
        for z in either:
            w = z + torch.zeros(3)
        """
    found = shapes(tmp_path, text)
    assert (found["x"], found["y"], found["both"]) == ("(4, 3)", "(4,)", "(4,)")
    assert (found["u"], found["v"]) == ("(4, 3)", "(4, 3)")
    assert lines(tmp_path, text) == []
    assert lines(tmp_path, text.replace("y.shape[0]) + y", "5) + y")) == [(10, "TG510")]


def test_settings_from_outside_are_numbers_of_their_kind(tmp_path: Path) -> None:
    text = """
        import argparse
        from dataclasses import dataclass, replace
        import torch
        from torch import nn

        @dataclass
        class Config:
            width: int = 4
            rate: float = 0.1
            twice: int = 0

            def __post_init__(self):
                self.twice = 2 * self.width

        def configured():
            parser = argparse.ArgumentParser()
            parser.add_argument("--width", type=int, default=None)
            given = {name: value for name, value in vars(parser.parse_args()).items() if value is not None}
            return replace(Config(), **given), Config(**given)

        first, second = configured()
        layer = nn.Linear(5, first.width)
        out = layer(torch.ones(2, 5)) * first.rate
        wide = torch.zeros(second.twice, 3)
        plain = replace(Config(), width=7)
        seven, fourteen = torch.zeros(plain.width), torch.zeros(plain.twice)
        """
    found = shapes(tmp_path, text)
    assert (found["out"], found["wide"]) == ("(2, width)", "(2*width, 3)")
    assert (found["seven"], found["fourteen"]) == ("(7,)", "(14,)")
    assert lines(tmp_path, text) == []
    assert lines(tmp_path, text.replace("ones(2, 5)", "ones(2, 6)")) == [(24, "TG516")]


def test_copies_of_modules_with_alternatives_are_their_own(tmp_path: Path) -> None:
    text = """
        import copy
        import torch
        from torch import nn

        def build(classes: int):
            model = nn.Module()
            model.head = nn.Linear(5, 3) if classes > 0 else nn.Linear(5, 3, bias=False)
            other = copy.deepcopy(model)
            other.head.weight = nn.Parameter(torch.ones(7, 5))
            return model.head(torch.ones(2, 5)), model.head.weight

        out, weight = build(int(input()))
        """
    assert shapes(tmp_path, text)["weight"] == "(3, 5)"


def test_a_product_is_in_order_in_memory_whatever_its_operands_are(tmp_path: Path) -> None:
    text = """
        import torch

        q, k, v = torch.ones(2, 17, 3, 3, 16).permute(2, 0, 3, 1, 4).unbind(0)
        mixed = ((q @ k.transpose(-2, -1)).softmax(-1) @ v).transpose(1, 2)
        flat = mixed.reshape(2, 17, 48)
        rows = torch.nn.functional.linear(torch.ones(4, 5, 6).transpose(0, 1), torch.ones(8, 6)).view(20, 8)
        """
    assert lines(tmp_path, text) == []
    assert lines(tmp_path, text.replace("reshape", "view")) == [(6, "TG523")]


def test_structures_of_jax_taken_apart_and_put_together(tmp_path: Path) -> None:
    text = """
        from typing import NamedTuple
        import jax
        import jax.numpy as jnp
        from jax.flatten_util import ravel_pytree

        class State(NamedTuple):
            params: dict
            rate: jax.Array

        state = State({"w": jnp.zeros((6, 3)), "b": jnp.zeros(3)}, jnp.ones(()))
        leaves, form = jax.tree.flatten(state)
        keys = jax.tree.unflatten(form, list(jax.random.split(jax.random.key(0), len(leaves))))
        noise = jax.tree.map(lambda key, leaf: jax.random.normal(key, leaf.shape), keys, state)
        w = noise.params["w"]
        flat, unravel = ravel_pytree(state.params)
        again = unravel(2 * flat)["w"]
        same = jax.tree_util.tree_unflatten(jax.tree_util.tree_structure(state), leaves).params["b"]
        """
    found = shapes(tmp_path, text)
    assert (found["w"], found["flat"], found["again"], found["same"]) == ("(6, 3)", "(21,)", "(6, 3)", "(3,)")
    assert lines(tmp_path, text) == []
    assert lines(
        tmp_path, text.replace('noise.params["w"]', 'noise.params["w"] @ state.params["b"].reshape(1, 3)')
    ) == [(15, "TG511")]


def test_axes_of_dense_general_and_scores_of_an_embedding(tmp_path: Path) -> None:
    text = """
        from functools import partial
        import flax.linen as nn
        import jax
        import jax.numpy as jnp

        class Model(nn.Module):
            def setup(self):
                self.embed = nn.Embed(17, 32)
                self.heads = nn.DenseGeneral((4, 8), -1)
                self.out = nn.DenseGeneral(features=32, axis=(-2, -1))

            def __call__(self, tokens):
                x = self.embed(tokens)
                heads = partial(self.heads)(x)
                return heads, self.embed.attend(self.out(heads))

        model = Model()
        heads, scores = model.init_with_output(jax.random.key(0), jnp.ones((2, 5), jnp.int32))[0]
        """
    found = shapes(tmp_path, text)
    assert (found["heads"], found["scores"]) == ("(2, 5, 4, 8)", "(2, 5, 17)")
    assert lines(tmp_path, text) == []
    assert lines(tmp_path, text.replace("features=32", "features=31")) == [(16, "TG516")]


def test_products_of_shapes_are_widths(tmp_path: Path) -> None:
    text = """
        import numpy as np
        import torch

        space = (4, 3)
        layer = torch.nn.Linear(int(np.prod(space)), np.max([2, 5]))
        out = layer(torch.zeros(7, *space).flatten(1))

        def flat(x):
            return x.reshape(-1, np.prod(x.shape[1:]))

        rows = flat(torch.zeros(5, 4, 3))
        """
    found = shapes(tmp_path, text)
    assert (found["out"], found["rows"]) == ("(7, 5)", "(5, 12)")
    assert lines(tmp_path, text.replace("space = (4, 3)", "space = (4, 3)\n        space = (4, 3, 2)[:2]")) == []
    assert lines(tmp_path, text.replace("zeros(7, *space)", "zeros(7, 4, 4)")) == [(7, "TG516")]


def test_lists_of_loops_that_may_break_off_keep_what_their_elements_are(tmp_path: Path) -> None:
    text = """
        import torch

        def suppress(scores):
            order, keep = scores.argsort(descending=True), []
            while order.numel() > 0:
                keep.append(order[0])
                if order.numel() == 1:
                    break
                order = order[1:][torch.rand(order.numel() - 1) < 0.5]
            if not keep:
                return torch.empty((0,), dtype=torch.int64)
            return torch.stack(keep)

        scores, boxes = torch.rand(20), torch.rand(20, 4)
        kept = boxes[suppress(scores[scores > 0.5])]
        loss = (kept - 1).sum() / max(1, (scores > 0.5).sum())
        rows = []
        if input():
            rows.append(torch.zeros(3))
            rows.append(torch.zeros(3))
        for row in rows:
            last = row
        """
    found = shapes(tmp_path, text)
    assert (found["kept"], found["loss"], found["last"]) == ("(?, 4)", "()", "(3,)")
    assert lines(tmp_path, text) == []
    assert lines(tmp_path, text.replace("kept - 1", "kept - torch.zeros(3)")) == [(17, "TG510")]


def test_batches_whose_sequences_a_sampler_chose(tmp_path: Path) -> None:
    text = """
        import torch
        from torch import nn
        from torch.nn.utils.rnn import pack_padded_sequence, pad_packed_sequence, pad_sequence
        from torch.utils.data import DataLoader, Dataset

        class Series(Dataset):
            def __len__(self):
                return 20

            def __getitem__(self, index):
                return torch.randn(3 + index, 5), torch.tensor([letter == "a" for letter in str(index)])

        class Sampler:
            def __iter__(self):
                yield from ([0, 1], [2, 3, 4])

            def __len__(self):
                return 2

        def collate(batch):
            series, labels = zip(*batch)
            lengths = torch.tensor([one.shape[0] for one in series])
            return pad_sequence(series, batch_first=True), lengths, pad_sequence(labels)

        rnn = nn.GRU(5, 4, batch_first=True, bidirectional=True)
        for x, lengths, y in DataLoader(Series(), batch_sampler=Sampler(), collate_fn=collate):
            out, state = rnn(pack_padded_sequence(x, lengths, batch_first=True, enforce_sorted=False))
            padded, _ = pad_packed_sequence(out, batch_first=True)
            halves = padded.view(x.size(0), -1, 2, 4)
        """
    found = shapes(tmp_path, text)
    assert (found["x"], found["lengths"], found["y"]) == ("(?, ?, 5)", "(?,)", "(?, ?)")
    assert (found["state"], found["padded"], found["halves"]) == ("(2, ?, 4)", "(?, ?, 8)", "(?, ?, 2, 4)")
    assert lines(tmp_path, text) == []
    assert lines(tmp_path, text.replace("randn(3 + index, 5)", "randn(3 + index, 6)")) == [(28, "TG516")]


def test_a_script_without_arguments_runs_what_it_does_by_default(tmp_path: Path) -> None:
    text = """
        import sys
        import torch

        def run(kind):
            if kind == "wide":
                x = torch.zeros(4, 6)
            else:
                x = torch.zeros(4, 5)
            return torch.nn.Linear(5, 2)(x)

        for kind in sys.argv[1:] or ["narrow", "wide"]:
            out = run(kind)
        """
    assert lines(tmp_path, text) == [(10, "TG516")]
    assert lines(tmp_path, text.replace("(4, 6)", "(4, 5)")) == []


def test_sums_of_sizes_that_nobody_knows_meet_numbers(tmp_path: Path) -> None:
    text = """
        import torch

        kept = torch.rand(9)
        longer = torch.cat([kept[kept > 0.5], torch.zeros(2)]) + torch.zeros(3)
        """
    outcome = run(tmp_path, text)
    assert outcome.statistics.broken_rules == {}
    assert outcome.reports == []
