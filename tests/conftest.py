"""The IR is verified after every pass and every transformation, in all tests."""

import os

os.environ["TANGRA_VERIFY"] = "1"
