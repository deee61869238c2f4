"""How long an edit takes until the editor can show what it means: the edited function alone, and the whole program.

`python -m benchmarks.editor` makes a program of about 1,000 lines whose functions run under three calls, edits one
function after another, and prints the median and the 99th percentile of both, with the share of known shapes.
"""
