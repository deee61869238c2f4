"""The IR is verified after every pass and every transformation, in all tests, and every function is traced anew."""

import os

os.environ["TANGRA_VERIFY"] = "1"
if os.environ.get("TANGRA_CACHE") != "0":
    os.environ["TANGRA_CACHE"] = "objects"
