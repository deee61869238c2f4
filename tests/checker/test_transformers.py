"""torch.nn's transformers in programs: subclasses, stacks of one's own layers, masks, parts."""

from pathlib import Path

from tests.checker.programs import lines

PROGRAM = """
import torch
import torch.nn as nn


class Positions(nn.Module):
    def __init__(self, width: int, most: int = 50):
        super().__init__()
        self.register_buffer("table", torch.zeros(most, 1, width))

    def forward(self, x):
        return x + self.table[: x.size(0)]


class Tagger(nn.Module):
    def __init__(self, words, width, heads, tags, inputs=None):
        super().__init__()
        self.embed = nn.Embedding(words, width)
        self.positions = Positions(width)
        layer = nn.TransformerEncoderLayer(d_model=inputs or width, nhead=heads, dim_feedforward=64)
        self.encoder = nn.TransformerEncoder(layer, num_layers=2)
        self.head = nn.Linear(width, tags)

    def forward(self, ids, mask=None):
        x = self.positions(self.embed(ids))
        return self.head(self.encoder(x, src_key_padding_mask=mask))


class Loud(nn.TransformerEncoderLayer):
    def forward(self, src, *args, **kwargs):
        return super().forward(src, *args, **kwargs) * 2


ids = torch.zeros(12, 3, dtype=torch.long)
tags = Tagger(100, 32, 4, 7)(ids)
tags.view(12, 3, 7)
tags.view(12, 3, 8)  #!
padding = torch.zeros(3, 12, dtype=torch.bool)
Tagger(100, 32, 4, 7)(ids, padding).view(36, 7)
net = Tagger(100, 32, 4, 7)
for layer in net.encoder.layers:
    layer.self_attn
sum(p.numel() for p in net.parameters())
loud = nn.TransformerEncoder(Loud(32, 4, batch_first=True), 3)
loud(torch.zeros(2, 5, 32)).view(10, 32)
loud(torch.zeros(2, 5, 32)).view(10, 31)  #!

whole = nn.Transformer(d_model=16, nhead=2, batch_first=True)
target = torch.zeros(4, 6, 16)
causal = nn.Transformer.generate_square_subsequent_mask(6)
out = whole(torch.zeros(4, 9, 16), target, tgt_mask=causal)
out.view(24, 16)
whole(torch.zeros(4, 9, 16), target, tgt_mask=torch.zeros(9, 9))  #!
whole(torch.zeros(3, 9, 16), target)  #!
decoder = nn.TransformerDecoder(nn.TransformerDecoderLayer(16, 4), 2)
decoder(torch.zeros(6, 4, 16), torch.zeros(9, 4, 16)).view(24, 16)
nn.TransformerEncoderLayer(10, 3)  #!
"""


def test_transformers(tmp_path: Path) -> None:
    assert [line for line, _ in lines(tmp_path, PROGRAM)] == [
        number for number, line in enumerate(PROGRAM.split("\n"), 1) if "#!" in line
    ]
