"""The checker on real code: models of torchvision, timm, transformers, flax and equinox, built and called by short
programs as their users write them. `record` runs the programs under the libraries and keeps the structure of what they
return (`answers/`); `run` (make check-wild) has the checker evaluate the same programs over the libraries' sources,
which are read and never imported, and compares. `requirements.txt` pins the versions that both speak of.
"""
