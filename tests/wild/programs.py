"""The table of calls: each builds one model as its users do, and calls it. The result is `out`."""

from __future__ import annotations

from dataclasses import dataclass

LIBRARIES = ("torchvision", "timm", "transformers", "jax")


@dataclass(frozen=True)
class Program:
    """One entry. `depends_on_data`: sizes in the result come from values (boxes that are kept), so the checker may say
    that it does not know them."""

    library: str
    name: str
    text: str
    depends_on_data: bool = False

    @property
    def module(self) -> str:
        """The name of the file that it is written to."""
        return "".join(letter if letter.isalnum() else "_" for letter in self.name)


def programs() -> list[Program]:
    """All of them."""
    return [*_torchvision()]


CLASSIFIERS = """
alexnet convnext_base convnext_large convnext_small convnext_tiny densenet121 densenet161 densenet169 densenet201
efficientnet_b0 efficientnet_b1 efficientnet_b2 efficientnet_b3 efficientnet_b4 efficientnet_b5 efficientnet_b6
efficientnet_b7 efficientnet_v2_l efficientnet_v2_m efficientnet_v2_s googlenet inception_v3 maxvit_t mnasnet0_5
mnasnet0_75 mnasnet1_0 mnasnet1_3 mobilenet_v2 mobilenet_v3_large mobilenet_v3_small regnet_x_16gf regnet_x_1_6gf
regnet_x_32gf regnet_x_3_2gf regnet_x_400mf regnet_x_800mf regnet_x_8gf regnet_y_128gf regnet_y_16gf regnet_y_1_6gf
regnet_y_32gf regnet_y_3_2gf regnet_y_400mf regnet_y_800mf regnet_y_8gf resnet101 resnet152 resnet18 resnet34 resnet50
resnext101_32x8d resnext101_64x4d resnext50_32x4d shufflenet_v2_x0_5 shufflenet_v2_x1_0 shufflenet_v2_x1_5
shufflenet_v2_x2_0 squeezenet1_0 squeezenet1_1 swin_b swin_s swin_t swin_v2_b swin_v2_s swin_v2_t vgg11 vgg11_bn vgg13
vgg13_bn vgg16 vgg16_bn vgg19 vgg19_bn vit_b_16 vit_b_32 vit_h_14 vit_l_16 vit_l_32 wide_resnet101_2 wide_resnet50_2
""".split()
SEGMENTATION = """
deeplabv3_mobilenet_v3_large deeplabv3_resnet101 deeplabv3_resnet50 fcn_resnet101 fcn_resnet50 lraspp_mobilenet_v3_large
""".split()
DETECTION = """
fasterrcnn_mobilenet_v3_large_320_fpn fasterrcnn_mobilenet_v3_large_fpn fasterrcnn_resnet50_fpn
fasterrcnn_resnet50_fpn_v2 fcos_resnet50_fpn keypointrcnn_resnet50_fpn maskrcnn_resnet50_fpn maskrcnn_resnet50_fpn_v2
retinanet_resnet50_fpn retinanet_resnet50_fpn_v2 ssd300_vgg16 ssdlite320_mobilenet_v3_large
""".split()
VIDEO = "mc3_18 r2plus1d_18 r3d_18 s3d mvit_v1_b mvit_v2_s swin3d_t swin3d_s swin3d_b".split()
QUANTIZED = """
googlenet inception_v3 mobilenet_v2 mobilenet_v3_large resnet18 resnet50 resnext101_32x8d resnext101_64x4d
shufflenet_v2_x0_5 shufflenet_v2_x1_0 shufflenet_v2_x1_5 shufflenet_v2_x2_0
""".split()
IMAGE_SIZES = {"inception_v3": 299, "vit_h_14": 224, "efficientnet_b7": 600, "swin_v2_t": 256}


def _torchvision() -> list[Program]:
    made = []
    for name in CLASSIFIERS:
        size = IMAGE_SIZES.get(name, 224)
        text = f"""
import torch
from torchvision import models

model = models.__dict__["{name}"](weights=None).eval()
out = model(torch.zeros(2, 3, {size}, {size}))
"""
        made.append(Program("torchvision", name, text))
    for name in SEGMENTATION:
        text = f"""
import torch
import torchvision

model = torchvision.models.segmentation.{name}(weights=None, weights_backbone=None, num_classes=21)
model.eval()
out = model(torch.rand(1, 3, 240, 320))
"""
        made.append(Program("torchvision", name, text))
    for name in DETECTION:
        kept = "topk_candidates=20" if "rcnn" not in name else "rpn_post_nms_top_n_test=20"
        sizes = "" if "ssd" in name else ", min_size=160, max_size=240"
        text = f"""
import torch
from torchvision.models import get_model

model = get_model("{name}", weights=None, weights_backbone=None, {kept}{sizes})
model.eval()
images = [torch.rand(3, 150, 200), torch.rand(3, 220, 180)]
out = model(images)
"""
        made.append(Program("torchvision", name, text, depends_on_data=True))
    for name in VIDEO:
        frames, size = (16, 224) if "mvit" in name or name == "s3d" else (16, 112)
        text = f"""
import torch
from torchvision.models import video

model = video.{name}()
model.eval()
out = model(torch.zeros(1, 3, {frames}, {size}, {size}))
"""
        made.append(Program("torchvision", name, text))
    for name in ("raft_large", "raft_small"):
        text = f"""
import torch
from torchvision.models.optical_flow import {name}

model = {name}(weights=None, progress=False).eval()
first, second = torch.zeros(1, 3, 128, 136), torch.zeros(1, 3, 128, 136)
out = model(first, second, num_flow_updates=3)
"""
        made.append(Program("torchvision", name, text))
    for name in QUANTIZED:
        size = IMAGE_SIZES.get(name, 224)
        text = f"""
import torch
from torchvision.models import quantization

model = quantization.{name}(weights=None, quantize=False).eval()
out = model(torch.zeros(1, 3, {size}, {size}))
"""
        made.append(Program("torchvision", f"quantization.{name}", text))
    return made
