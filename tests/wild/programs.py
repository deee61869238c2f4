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
    return [*_torchvision(), *_timm(), *_transformers()]


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


TIMM = """
resnet18 resnet50 resnet50d resnet101 resnetv2_50 resnext50_32x4d seresnext50_32x4d wide_resnet50_2 ecaresnet50t
res2net50_26w_4s densenet121 inception_v3 inception_resnet_v2 dpn68 vgg16 hrnet_w18 cspdarknet53 ghostnet_100
efficientnet_b0 tf_efficientnet_b3 tf_efficientnetv2_s mobilenetv2_100 mobilenetv3_large_100 mobilenetv4_conv_small
mnasnet_100 rexnet_100 regnety_032 repvgg_a2 dm_nfnet_f0 convnext_tiny convnextv2_tiny vit_base_patch16_224
vit_small_patch14_dinov2 deit_small_patch16_224 beit_base_patch16_224 eva02_small_patch14_224
swin_tiny_patch4_window7_224 swinv2_tiny_window8_256 mixer_b16_224 maxvit_tiny_tf_224 coatnet_0_rw_224 mobilevit_s
levit_256 cait_xxs24_224 pit_s_224 poolformer_s12 edgenext_small xcit_tiny_12_p16_224 twins_pcpvt_small resmlp_12_224
""".split()
TIMM_SIZES = {"inception_v3": 299, "vit_small_patch14_dinov2": 518, "swinv2_tiny_window8_256": 256}


def _timm() -> list[Program]:
    made = []
    for name in TIMM:
        size = TIMM_SIZES.get(name, 224)
        text = f"""
import timm
import torch

model = timm.create_model("{name}", pretrained=False)
model.eval()
out = model(torch.randn(2, 3, {size}, {size}))
"""
        made.append(Program("timm", name, text))
    for name in ("resnet50", "efficientnet_b0", "convnext_tiny"):
        text = f"""
import timm
import torch

encoder = timm.create_model("{name}", features_only=True, out_indices=(1, 2, 3), pretrained=False).eval()
out = encoder(torch.randn(1, 3, 192, 160))
"""
        made.append(Program("timm", f"features of {name}", text))
    for name in ("resnet50", "vit_base_patch16_224", "swin_tiny_patch4_window7_224"):
        text = f"""
import timm
import torch

model = timm.create_model("{name}", num_classes=0, in_chans=1).eval()
image = torch.randn(1, 1, 224, 224)
out = model.forward_features(image), model(image)
"""
        made.append(Program("timm", f"embedding of {name}", text))
    return made


TRANSFORMERS = {
    "bert": """
from transformers import BertConfig, BertModel

model = BertModel(BertConfig()).eval()
out = model(torch.zeros(2, 12, dtype=torch.long))
""",
    "bert with a mask": """
from transformers import BertConfig, BertForSequenceClassification

config = BertConfig(hidden_size=128, num_hidden_layers=3, num_attention_heads=4, intermediate_size=256, num_labels=5)
model = BertForSequenceClassification(config).eval()
ids = torch.zeros(3, 10, dtype=torch.long)
out = model(input_ids=ids, attention_mask=torch.ones(3, 10, dtype=torch.long), labels=torch.zeros(3, dtype=torch.long))
""",
    "bert, masked words": """
from transformers import BertConfig, BertForMaskedLM

model = BertForMaskedLM(BertConfig(num_hidden_layers=2)).eval()
out = model(torch.zeros(1, 16, dtype=torch.long)).logits
""",
    "bert, all states": """
from transformers import BertConfig, BertModel

model = BertModel(BertConfig(num_hidden_layers=2)).eval()
out = model(torch.zeros(1, 7, dtype=torch.long), output_hidden_states=True)
""",
    "bert, questions": """
from transformers import BertConfig, BertForQuestionAnswering

model = BertForQuestionAnswering(BertConfig(num_hidden_layers=2)).eval()
out = model(torch.zeros(2, 9, dtype=torch.long), token_type_ids=torch.zeros(2, 9, dtype=torch.long))
""",
    "bert, through Auto": """
from transformers import AutoModel, BertConfig

model = AutoModel.from_config(BertConfig(num_hidden_layers=1)).eval()
out = model(torch.zeros(2, 9, dtype=torch.long)).pooler_output
""",
    "gpt2": """
from transformers import GPT2Config, GPT2Model

model = GPT2Model(GPT2Config()).eval()
out = model(torch.zeros(2, 12, dtype=torch.long))
""",
    "gpt2, language model": """
from transformers import GPT2Config, GPT2LMHeadModel

model = GPT2LMHeadModel(GPT2Config(n_layer=2, n_embd=96, n_head=4)).eval()
ids = torch.zeros(2, 12, dtype=torch.long)
out = model(ids, labels=ids)
""",
    "llama": """
from transformers import LlamaConfig, LlamaModel

config = LlamaConfig(hidden_size=256, intermediate_size=512, num_hidden_layers=2, num_attention_heads=8,
                     num_key_value_heads=2, vocab_size=1000)
model = LlamaModel(config).eval()
out = model(torch.zeros(2, 11, dtype=torch.long))
""",
    "llama, language model": """
from transformers import LlamaConfig, LlamaForCausalLM

config = LlamaConfig(hidden_size=256, intermediate_size=512, num_hidden_layers=2, num_attention_heads=8,
                     num_key_value_heads=2, vocab_size=1000)
model = LlamaForCausalLM(config).eval()
out = model(torch.zeros(2, 11, dtype=torch.long), attention_mask=torch.ones(2, 11, dtype=torch.long)).logits
""",
    "vit": """
from transformers import ViTConfig, ViTModel

model = ViTModel(ViTConfig()).eval()
out = model(torch.zeros(2, 3, 224, 224))
""",
    "vit, classes": """
from transformers import ViTConfig, ViTForImageClassification

model = ViTForImageClassification(ViTConfig(image_size=96, patch_size=8, num_hidden_layers=2, num_labels=7)).eval()
out = model(pixel_values=torch.zeros(2, 3, 96, 96))
""",
    "t5, encoder": """
from transformers import T5Config, T5EncoderModel

model = T5EncoderModel(T5Config(num_layers=2)).eval()
out = model(torch.zeros(2, 12, dtype=torch.long))
""",
    "t5": """
from transformers import T5Config, T5ForConditionalGeneration

model = T5ForConditionalGeneration(T5Config(num_layers=2, num_decoder_layers=2)).eval()
ids = torch.zeros(2, 12, dtype=torch.long)
out = model(input_ids=ids, decoder_input_ids=torch.zeros(2, 5, dtype=torch.long)).logits
""",
    "t5, model": """
from transformers import T5Config, T5Model

model = T5Model(T5Config(num_layers=2, num_decoder_layers=2)).eval()
ids = torch.zeros(2, 12, dtype=torch.long)
out = model(input_ids=ids, decoder_input_ids=torch.zeros(2, 5, dtype=torch.long)).last_hidden_state
""",
    "whisper, encoder": """
from transformers import WhisperConfig, WhisperModel

model = WhisperModel(WhisperConfig(encoder_layers=2, decoder_layers=2)).eval()
out = model.get_encoder()(torch.zeros(1, 80, 3000))
""",
    "whisper": """
from transformers import WhisperConfig, WhisperForConditionalGeneration

model = WhisperForConditionalGeneration(WhisperConfig(encoder_layers=2, decoder_layers=2)).eval()
features = torch.zeros(1, 80, 3000)
out = model(features, decoder_input_ids=torch.zeros(1, 4, dtype=torch.long)).logits
""",
}


def _transformers() -> list[Program]:
    return [Program("transformers", name, f"\nimport torch{text}") for name, text in TRANSFORMERS.items()]
