"""`tangra lsp`: the shape checker in editors, over the Language Server Protocol.

The server (`server`, on pygls; `synchronisation` for what it is told, `features` for what it is asked) keeps what is
open on a `workbench`, and answers from the last analysis, moved along with the edits since (`linemap`). Analyses run
in a process of their own for each project (`worker`, which an `analyst` starts, feeds, interrupts and starts again),
on an `EditorSession` (`session`): texts in, findings and shapes out, as plain data. A half-typed program is checked
with the last good tree of the block at fault (`tolerant`); of an edited function there is a `preview` before the
rest. `diagnostics`, `hints`, `hover` and `actions` make of an analysis what the protocol asks for, in the client's
positions (`positions`, `places`).
"""
